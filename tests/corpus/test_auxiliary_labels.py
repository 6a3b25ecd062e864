import numpy as np
import pytest

from musicgen.config import TrainingConfig
from musicgen.corpus.auxiliary_labels import (
    IGNORED,
    REST,
    RHYTHM_LABELS,
    TASKS,
    degree_pitch_classes,
    find_harmony,
    find_rhythm,
    label_characters,
)
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.corpus.windows import Windows
from musicgen.notation.parsing.fields import parse_key
from musicgen.notation.parsing.reader import read_tune

HEADER = "X:1\nT:A\nM:6/8\nL:1/8\nK:{key}\n"


def labels_of(body: str, task: str, key: str = "D") -> list[int]:
    text = HEADER.format(key=key) + body
    labels = label_characters(text)
    assert labels.shape == (len(TASKS), len(text))
    return labels[list(TASKS).index(task), -len(body) :].tolist()


def test_places_count_sixteenths_from_the_bar_line() -> None:
    assert labels_of("A2B c/d/ef|g6|", "place") == [
        0, 0, 4, IGNORED, 6, 6, 7, 7, 8, 10, IGNORED, 0, 0, IGNORED,
    ]  # fmt: skip


def test_triplets_stand_at_the_sixteenth_they_begin_in() -> None:
    assert labels_of("(3abcd", "place") == [IGNORED, IGNORED, 0, 1, 2, 4]


def test_degrees_are_semitones_above_the_tonic_and_rests_have_their_own() -> None:
    assert labels_of("DFA^GdCz", "degree") == [0, 4, 7, 6, 6, 0, 11, REST]
    assert labels_of("DFA", "degree", "Edor") == [10, 2, 5]
    assert labels_of("[DFA]", "degree") == [7] * 5  # a chord by its highest note
    assert labels_of("D", "degree", "none") == [IGNORED]


def test_scales_are_those_of_theory() -> None:
    assert degree_pitch_classes(parse_key("D")) == [2, 4, 6, 7, 9, 11, 1]
    assert degree_pitch_classes(parse_key("Bb dorian")) == [10, 0, 1, 3, 5, 7, 8]
    assert degree_pitch_classes(parse_key("F#m")) == [6, 8, 9, 11, 1, 2, 4]


@pytest.mark.parametrize(
    ("bar", "degree"),
    [
        ("DFA dFA", 0),  # I
        ("ACE Ace", 4),  # V
        ("GBd gBG", 3),  # IV
        ("EGB e2E", 1),  # ii
        ("D6", 0),  # in I, IV (as its fifth) and vi: I is the commonest
        ("D2G4", 3),
        ("z6", None),
    ],
)
def test_the_harmony_of_a_bar_is_the_triad_that_holds_most_of_it(
    bar: str, degree: int | None
) -> None:
    (read,) = read_tune(HEADER.format(key="D") + bar + "|")[0].bars
    assert find_harmony(read) == degree


def test_harmony_stands_at_every_note_of_its_bar() -> None:
    assert labels_of("DFA|ACE|", "harmony") == [0, 0, 0, IGNORED, 4, 4, 4, IGNORED]


@pytest.mark.parametrize(
    ("header", "rhythm"),
    [
        ("M:C\nR:Hornpipe\n", "hornpipe"),
        ("M:9/8\nR:slip jig\n", "slip jig"),
        ("Z: id:dc-hornpipe-1\nM:C|\n", "hornpipe"),
        ("M:6/8\n", "jig"),
        ("M:C|\n", "reel"),
        ("M:5/8\n", "other"),
    ],
)
def test_the_rhythm_is_what_the_tune_says_it_is(header: str, rhythm: str) -> None:
    tune, _ = read_tune(f"X:1\nT:A\n{header}L:1/8\nK:D\nDEF|")
    assert find_rhythm(tune) == rhythm


def test_every_character_of_a_tune_has_its_rhythm() -> None:
    assert set(labels_of("DFA|", "rhythm")) == {RHYTHM_LABELS.index("jig")}


TUNES = [
    f"X:{number}\nT:Reel\nM:C\nL:1/8\nK:D\n" + "DEFG ABcd|" * number + "d8|]"
    for number in range(1, 9)
]
VOCABULARY = Vocabulary.from_text("".join(TUNES) + "^_=,'b#Ckm4> Major")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"carry_state": True},
        {"carry_state": True, "transpose": 3, "vary_rhythm": 0.5},
        {"truncate": 0.5, "curriculum": 1.0},
    ],
)
def test_labels_are_those_of_the_targets_however_the_tunes_are_read(
    settings: dict[str, object],
) -> None:
    config = TrainingConfig(batch_size=2, seq_len=40, multi_task=0.5).replace(**settings)
    source = Windows(TUNES, VOCABULARY, config)
    seen = 0
    for _ in range(12):
        window = source.draw(0.5)
        assert window.labels is not None
        assert window.labels.shape == (len(TASKS), 2, 40)
        text = VOCABULARY.decode(source._ids)
        texts = [part for part in text.split("\n\n") if part]
        expected = np.concatenate(
            [np.pad(label_characters(part), ((0, 0), (0, 2)), constant_values=IGNORED)
             for part in texts], 1,
        )  # fmt: skip
        for row in range(2):
            target = VOCABULARY.decode(window.targets[row].tolist())
            starts = [at for at in range(len(text)) if text.startswith(target, at)]
            found = window.labels[:, row].numpy()
            assert any(np.array_equal(found, expected[:, at : at + 40]) for at in starts)
            seen += (found != IGNORED).sum()
    assert seen > 500


def test_without_tasks_nothing_is_labelled() -> None:
    config = TrainingConfig(batch_size=2, seq_len=40)
    assert Windows(TUNES, VOCABULARY, config).draw(0.0).labels is None
