"""What tunes say of themselves, in the reader's language."""

import pytest

from musicgen.notation.parsing.reader import read_tune
from musicgen.ui.base import language
from musicgen.ui.tune.tune_words import name_music_key, name_rhythm, say_time

HEAD = "X:1\nM:6/8\nL:1/8\nK:D\n"


def test_dances_and_keys_have_names_and_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (name_rhythm("Reel"), name_rhythm("halling")) == ("reel", "halling")
    assert (name_music_key("E dorian"), name_music_key("F# major")) == ("E Dorian", "F# major")
    assert name_music_key("") == name_rhythm("") == ""
    monkeypatch.setattr(language, "current_language", lambda: "zh")
    assert name_rhythm("jig") == "吉格舞曲"
    assert name_music_key("A mixolydian").startswith("A ")
    assert "mix" not in name_music_key("A mixolydian")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("A|def gfe|dcB ABc|d5:|", ""),
        ("A|def gf|dcB ABc|d5:|", "Bar 1 is out of time."),
        ("d6|def gf|dcB A|def def|]", "Bars 2, 3 are out of time."),
        ("d6|" + "def gf|" * 9 + "d6|]", "Bars 2, 3, 4, 5, 6, 7 … are out of time."),
    ],
)
def test_bars_out_of_time_are_named(body: str, said: str) -> None:
    assert say_time(read_tune(HEAD + body + "\n")[0]) == said
