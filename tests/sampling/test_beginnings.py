import io

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import SampleConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import NotationError
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.notation.analysis.bars import is_in_time
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.beginnings import (
    EXAMPLES,
    beginning_from_file,
    first_bars,
    read_beginning,
)
from musicgen.sampling.composer import compose
from tests.examples import ScriptedNetwork
from tests.ui.tiny_model import TUNE

VOCABULARY = Vocabulary.from_text(
    "".join(map(chr, range(33, 127))).replace("~", "").replace("`", "") + " \n"
)
NETWORK = ScriptedNetwork(VOCABULARY, "X:1")
CHECKPOINT = Checkpoint(
    NETWORK,
    CheckpointMetadata("small", 1, NETWORK.config, TrainingConfig(), VOCABULARY.characters),
    "0123456789ab",
)
HEADER = "X:1\nM:6/8\nL:1/8\nK:D Major\n"


def read(text, **settings):
    return read_beginning(CHECKPOINT, SampleConfig(prompt=text, **settings))


def test_meter_key_and_bars_are_told():
    found = read(HEADER + "A|DFA dAF|GBd gdB|A")
    assert (found.meter, found.key, found.bars) == ("6/8", "D Major", 2)
    assert found.is_open and not found.wrong_bar and not found.fault


def test_a_header_that_is_asked_for_stands_before_bare_music():
    found = read("DFA dAF|", meter="6/8", key="D Major")
    assert (found.meter, found.key, found.bars, found.fault) == ("6/8", "D Major", 1, None)


def test_nothing_says_nothing():
    assert read("\n ") == read("")
    assert not read("").has_header


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + "DFA dAFA|", "line 5, column 1: this bar is longer"),
        (HEADER + "DFA é", "never saw 'é'"),
        ("ABc", "header"),
        (HEADER + "[DF", "chord is not closed"),
        ("X:1\n\nABc", "blank line"),
    ],
)
def test_the_first_fault_is_told_with_its_place(text, words):
    assert words in str(read(text).fault)


def test_what_is_asked_for_must_be_what_the_beginning_has():
    assert "3/4 is asked for" in str(read(HEADER, meter="3/4").fault)  # six eighths, but two beats
    assert "2/4 is asked for" in str(read(HEADER, meter="2/4").fault)


def test_a_bar_that_is_not_full_is_told():
    assert read(HEADER + "A|DFA dA|GBd gdB|", free=True).wrong_bar == 1  # behind bar 0
    assert read(HEADER + "DFA dAFA|GBd gdB|", free=True).wrong_bar == 1
    assert read(HEADER + "DFA dAF|GBd gd|A", free=True).wrong_bar == 2


@given(st.text("X:1MKLD/86| \nABcd[]({>-\"!^_'~é", max_size=60))
def test_any_text_has_an_answer(text):
    found = read(text)
    assert found.bars >= 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_can_be_gone_on_from(name):
    found = read(EXAMPLES[name])
    assert found.fault is None and not found.wrong_bar and found.bars


def test_the_first_bars_are_taken_with_their_header():
    tune, _ = read_tune(TUNE)
    taken = first_bars(tune, 2)
    assert taken.endswith("K:D Major\nDFA dAF|GBd gdB|")
    assert TUNE.startswith(taken)
    assert first_bars(tune, 99) == TUNE
    upbeat, _ = read_tune(HEADER + "A|DFA dAF|GBd gdB|Ace")
    assert first_bars(upbeat, 1).endswith("A|DFA dAF|")
    empty, _ = read_tune(HEADER)
    assert first_bars(empty, 1) == HEADER


def test_the_network_goes_on_from_the_bars_of_a_tune(knowing):
    (tune,) = compose(knowing, SampleConfig())
    prompt = first_bars(tune.tune, 2)
    (again,) = compose(knowing, SampleConfig(prompt=prompt, seed=3))
    assert again.abc.startswith(prompt)
    assert is_in_time(again.tune)


def test_a_file_of_abc_gives_a_beginning_in_the_plain_manner():
    text = "X: 7\nT:Tune\nC:Somebody\nM:6/8\nL:1/8\nK:Dmix\n~D2F {g}A2F|GBd gdB|Ace ecA|d6:|\n"
    taken = beginning_from_file(text.encode(), "tune.abc", 2)
    assert taken == "X:7\nT:Tune\nM:6/8\nL:1/8\nK:D Mixolydian\nD2F A2F|GBd gdB|"


def test_a_midi_file_gives_a_beginning():
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    for pitch in (62, 64, 66, 67, 69, 71, 73, 74) * 4:
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        track.append(mido.Message("note_off", note=pitch, velocity=0, time=480))
    data = io.BytesIO()
    midi.save(file=data)
    taken = beginning_from_file(data.getvalue(), "scale.MID", 2)
    tune, _ = read_tune(taken)
    assert [note.pitches for note in tune.notes] == [(p,) for p in (62, 64, 66, 67, 69, 71, 73, 74)]


@pytest.mark.parametrize(
    ("data", "name"), [(b"no tune", "a.abc"), (b"MThd", "a.mid"), (b"A" * 3_000_000, "a.abc")]
)
def test_files_without_a_tune_are_a_sentence(data, name):
    with pytest.raises(NotationError):
        beginning_from_file(data, name, 2)
