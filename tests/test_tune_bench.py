"""The table of TuneBench is blind to layout and key, and its plain models are right."""

import math
import random

import pytest

from bench import tunes
from bench.ngrams import Compressor, NGrams
from musicgen.models.checkpoint import load_checkpoint
from musicgen.notation.analysis.melody import melody_notes
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose
from tests.examples import write_checkpoint

TUNE = "X:1\nT:A\nM:C\nL:1/8\nK:D Major\ndefd Adfd|efge cAce:|!\n"
DRESSED = (
    'X:9\nT:Another\nR:reel\nM:4/4\nL:1/4\nK:D\n|:"D"d/e/{g}f/d/ ~A/d/f/d/|\n'
    "(e/f/)g/e/ c/A/c/e/:|\n"
)


def test_probabilities_are_the_counts_of_witten_and_bell() -> None:
    model = NGrams(["ab", "ab"], order=1)
    assert model.prob("a", "b") == pytest.approx((2 + model.prob("", "b")) / 3)
    seen = sum(model.prob("a", one) for one in "ab\n")
    assert seen < 1 and seen + model.prob("a", "?") == pytest.approx(1.0)
    assert sum(model.losses("ab")) == pytest.approx(
        -sum(math.log(p) for p in (model.prob("\n", "a"), model.prob("a", "b"),
                                    model.prob("b", "\n"), model.prob("\n", "\n")))
    )  # fmt: skip


def test_what_was_learned_takes_few_bits_and_noise_many() -> None:
    generator = random.Random(1)
    learned, noise = ("".join(generator.choices("abcdefg", k=400)) for _ in range(2))
    ngrams, xz = NGrams([learned]), Compressor([learned])
    assert sum(ngrams.losses(learned)) < 0.1 * sum(ngrams.losses(noise))
    assert xz.bits("", learned) < 0.1 * xz.bits("", noise)
    assert NGrams([learned]).compose(3) == NGrams([learned]).compose(3)


def test_neither_layout_nor_key_counts() -> None:
    usual = tunes.find_usual_keys([TUNE, TUNE.replace("D Major", "G Major")])
    plain = tunes.open_book("a", [TUNE], True, usual)
    other = tunes.open_book("b", [transpose(DRESSED, 1), "X:1\nM:5/4\nK:D\nD10|]"], True, usual)
    assert plain.texts[0].split("K:")[1] == other.texts[0].split("K:")[1]
    assert (plain.notes, other.notes, other.not_written) == ((16,), (16,), 1)
    odd = TUNE.replace("D Major", "D Phrygian")
    assert read_tune(tunes.move_to_usual(odd, usual))[0].key.text == "D Phrygian"


def test_a_row_counts_the_bits_of_bodies(tmp_path, dataset) -> None:
    checkpoint = load_checkpoint(write_checkpoint(tmp_path / "best", dataset.vocabulary))
    texts = dataset.texts("val")
    book = tunes.open_book("val", texts, False, [])
    notes = sum(len(melody_notes(read_tune(text)[0])) for text in texts)
    bodies = sum(len(text.split("K:")[1].split("\n", 1)[1]) + 2 for text in texts)
    rows = [tunes.measure_network("one", checkpoint, book)]
    rows.append(tunes.measure_ngrams(NGrams(dataset.texts("train"), 3), book))
    rows.append(tunes.measure_compressor(Compressor(dataset.texts("train")), book))
    for row in rows:
        assert row.bits_per_note.value * notes == pytest.approx(
            row.bits_per_character.value * bodies
        )
    assert abs(rows[0].bits_per_character.value - math.log2(len(dataset.vocabulary))) < 1
    assert rows[1].bits_per_character.value < rows[0].bits_per_character.value
