from musicgen.rendering.files.formats import FORMATS
from musicgen.ui.tune.downloads import AT_ONCE, MEANINGS


def test_the_page_offers_every_format_and_says_what_it_is_good_for():
    missing = FORMATS.keys() - {*MEANINGS, "abc"}
    assert not missing, f"MEANINGS in ui/tune/downloads.py lacks {sorted(missing)}."
    assert {*AT_ONCE, *MEANINGS} == FORMATS.keys()
