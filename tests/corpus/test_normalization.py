import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.normalization import write_plain
from musicgen.corpus.sources import SOURCES, is_available
from musicgen.corpus.split import split_tunes, title_key
from musicgen.notation.parsing.reader import read_tune

HEADER = "X:7\nT:Name\nN:a note\nR:reel\nM:4/4\nL:1/8\nK:Em\n"


def test_ornaments_chords_and_modern_signs_go() -> None:
    plain = write_plain(
        HEADER + '|:"Em"~E2B2 {c}(BAGF)|[EG]4 !fermata!E4:|\n|:G4 A4|1 B8:|2 e8|]\n'
    )
    assert plain == ("X:7\nT:Name\nM:C\nL:1/8\nK:E Minor\nE2B2 BAGF|G4 E4:|!\nG4 A4|1 B8:|2 e8|]!")
    again, problems = read_tune(plain)
    assert problems == ()
    assert [note.pitch for note in again.performance][:8] == [64, 71, 71, 69, 67, 66, 67, 64]


@pytest.mark.parametrize(
    "body",
    [
        "E8|[K:D]E8|]",
        "E8|[M:3/4]E6|]",
        "E7|E8|E8|]",
        "P:A\nE8|\nP:B\nE8|]",
        "E8!D.C.!|]",
        "",
    ],
)
def test_what_cannot_be_said_plainly_is_none(body: str) -> None:
    assert write_plain(HEADER + body) is None


@pytest.mark.skipif(
    not is_available(SOURCES["oneill"], Paths.default())
    or not is_available(SOURCES["lab"], Paths.default()),
    reason="the tunebooks are missing: run `make setup`",
)
def test_further_books_teach_no_held_out_tune() -> None:
    alone = load_dataset("lab", Paths.default())
    both = load_dataset("lab+northumbrian", Paths.default(), True)
    assert both.texts("val") == alone.texts("val")
    assert both.texts("test") == alone.texts("test")
    assert len(both.split.train) > len(alone.split.train)
    held_out = {title_key(tune) for tune in alone.split.val + alone.split.test}
    assert not held_out & {title_key(tune) for tune in both.split.train}


def test_a_held_out_melody_in_another_key_is_left_out(dataset) -> None:
    from dataclasses import replace

    from musicgen.corpus.split import add_for_training
    from musicgen.notation.writing.transposition import transpose

    split = split_tunes(dataset.tunes)
    held_out, known = split.val[0], split.train[0]
    copy = replace(held_out, title="Another name", text=transpose(held_out.text, 3), source="b")
    more = add_for_training(split, [copy, replace(known, title="Yet another", source="b")])
    assert copy in more.left_out
    assert len(more.train) <= len(split.train) + 1
