import random
from fractions import Fraction

import pytest

from musicgen.corpus.augmentation import Augmentation, augment, move, truncate, vary_rhythm
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.analysis.fingerprint import interval_fingerprint
from musicgen.notation.parsing.reader import read_tune

TUNE = (
    "X:1\nT:A tune\nZ: id:x\nM:C\nL:1/8\nK:D Major\n"
    "A2|DEFG A2 (3ABc|d2fd ^cAB=c|1 d4 d2:|2 d6||!\n"
    "fg|afdf g>fed|cABc d2:|!\n"
    "FG|A4 D2 E>F|G4 G2|]!"
)


def bars(text: str) -> list[tuple[Fraction, Fraction | None]]:
    return [(bar.actual, bar.expected) for bar in read_tune(text)[0].bars]


@pytest.mark.parametrize("semitones", range(-6, 7))
def test_a_moved_tune_is_the_same_melody_in_its_own_key(semitones: int) -> None:
    moved = move(TUNE, semitones)
    before, after = read_tune(TUNE)[0], read_tune(moved)[0]
    assert interval_fingerprint(after) == interval_fingerprint(before)
    assert after.performance[0].pitch == before.performance[0].pitch + semitones
    assert (after.key.tonic == "D") == (semitones == 0)


def test_a_tune_that_cannot_be_moved_stays() -> None:
    pipes = TUNE.replace("K:D Major", "K:HP")
    assert move(pipes, 3) == pipes


@pytest.mark.parametrize("seed", range(12))
def test_a_shortened_tune_ends_with_a_section(seed: int) -> None:
    short = truncate(TUNE, random.Random(seed))
    report = check_bars(read_tune(short)[0])
    assert TUNE.startswith(short)
    assert report.is_in_time
    assert report.ends_properly


def test_every_section_is_an_end_and_a_first_ending_is_none() -> None:
    shorts = {truncate(TUNE, random.Random(seed)) for seed in range(60)}
    assert {len(read_tune(short)[0].bars) for short in shorts} == {5, 8, 11}


@pytest.mark.parametrize("seed", range(12))
def test_another_rhythm_has_the_same_notes_and_full_bars(seed: int) -> None:
    varied = vary_rhythm(TUNE, random.Random(seed), share=0.7)
    before, after = read_tune(TUNE)[0], read_tune(varied)[0]
    assert varied != TUNE
    assert [note.pitches for note in after.notes] == [note.pitches for note in before.notes]
    assert bars(varied) == bars(TUNE)
    assert varied.count("(3ABc") == TUNE.count("(3ABc")


def test_shares_say_how_many_tunes_are_changed() -> None:
    generator = random.Random(0)
    changes = Augmentation(vary_rhythm=0.25)
    changed = sum(augment(TUNE, changes, generator) != TUNE for _ in range(400))
    assert 70 < changed < 130
    assert augment(TUNE, Augmentation(), generator) == TUNE
    assert not Augmentation()
