import math
import random

import pytest

from musicgen.evaluation.judge.features import (
    FIGURES,
    TuneFeatures,
    extract_features,
    measure_figures,
    write_words,
)
from musicgen.evaluation.judge.sequence import split_words
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose
from tests.evaluation.judge.walks import make_bars, write

TUNES = [write(make_bars(random.Random(seed))) for seed in range(4)]
TUNES.append("X:1\nM:6/8\nL:1/8\nK:Edor\nE|:B2E G3|FED z3:|\n[1E2F GAB-|BAG F2E:|]\n")


def figures(text):
    return dict(zip(FIGURES, extract_features(text).figures, strict=True))


@pytest.mark.parametrize("text", TUNES)
@pytest.mark.parametrize("semitones", [-12, -5, 1, 3, 7, 12])
def test_a_tune_in_another_key_or_octave_has_the_same_features(text, semitones):
    assert extract_features(transpose(text, semitones)) == extract_features(text)


@pytest.mark.parametrize("text", TUNES)
def test_layout_title_and_other_fields_are_not_seen(text):
    head, key, body = text.partition("K:")
    name, _, music = body.partition("\n")
    one_line = music.replace("\n", "")
    spread = one_line.replace("|", " |\n").replace("|\n:", "|:").replace(": |", ":|")
    sixteenths = head.replace("X:1", "X:77\nT:Another\nC:Somebody\nR:reel\nQ:1/4=99\nZ:me")
    dressed = f"{sixteenths}{key}{name}\n% a remark\n{one_line}\n"
    assert extract_features(dressed) == extract_features(text)
    assert extract_features(f"{head}{key}{name}\n{spread}\n") == extract_features(text)


def test_words_are_those_of_a_worked_example():
    tune, _ = read_tune("X:1\nM:C\nL:1/8\nK:G\nG2A4z2|Bd-d4||G8|]\n")
    # The middle is B (71) or so, the G below it the tonic: 0; A 2, B 4, d 7. A quarter has 24.
    assert write_words(tune) == ["0:24", "2:48", "|", "4:12", "7:60", "||", "0:96"]


def test_figures_are_those_of_a_worked_example():
    found = figures("X:1\nM:C\nL:1/8\nK:G\nG2A2B2c2|G2A2B2c2|d4B4|g8|]\n")
    wanted = {
        "bars": 4, "notes_per_bar": 11 / 4, "ends_on_tonic": 1, "last_note_quarters": 4,
        "starts_on_tonic": 1, "starts_on_fifth": 0, "range": 12, "lowest": 0, "highest": 12,
        "tonic_share": 3 / 11, "fifth_share": 1 / 11, "in_scale": 1, "leaps": 2 / 10,
        "octaves": 0, "same_pitch": 0, "eighths": 0, "bar_again_1": 1 / 3, "bar_again_2": 0,
        "three_equal_bars": 0, "distinct_bars": 3 / 4, "rests": 0,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    assert math.isnan(found["bar_again_4"])


def test_a_tune_without_a_key_counts_from_its_last_note():
    tune, _ = read_tune("X:1\nM:C\nL:1/8\nK:none\nE8|G8|c8|]\n")
    assert write_words(tune) == ["4:96", "|", "7:96", "|", "12:96"]
    assert math.isnan(dict(zip(FIGURES, measure_figures(tune), strict=True))["in_scale"])


@pytest.mark.parametrize("text", ["", "words", "X:1\nK:D\n", "X:1\nK:D\nz8|]", "\0" * 99])
def test_a_text_without_notes_has_nothing_to_read(text):
    found = extract_features(text)
    assert (found.words, found.fingerprints) == ((), ())
    assert all(map(math.isnan, found.figures))


def test_a_network_reads_place_step_and_length():
    found = split_words(TuneFeatures(("0:12", "2:24", "|", "-3:12"), (), ()))
    assert found == [("0", "", "12"), ("2", "2", "24"), ("|", "|", "|"), ("-3", "-5", "12")]
