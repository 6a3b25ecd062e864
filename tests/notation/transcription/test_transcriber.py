"""From MIDI to ABC: what is heard stays what it was, and what is no tune is one sentence."""

import math
import random
from fractions import Fraction

import mido
import pytest

from musicgen.audio.files import midi_bytes
from musicgen.audio.midi import to_midi
from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.sources import get_source, is_available
from musicgen.errors import NotationError
from musicgen.notation.analysis.bars import is_in_time
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.transcription.events import MAX_MIDI_BYTES
from musicgen.notation.transcription.transcriber import transcribe
from tests.notation.transcription.midi_files import midi_file, save, track
from tests.thorough import count, some

HEADER = "X:1\nT:T\nM:{}\nL:1/8\nK:{}\n"


def there_and_back(text: str) -> tuple[Tune, Tune]:
    tune, _ = read_tune(text)
    again, problems = read_tune(transcribe(midi_bytes(to_midi(tune)), tune.title))
    assert not problems
    return tune, again


def heard(tune: Tune) -> list[tuple[int, Fraction, Fraction]]:
    return [(note.pitch, note.onset, note.duration) for note in tune.performance]


@pytest.mark.parametrize(
    ("meter", "key", "body"),
    [
        ("4/4", "D", "DEFG ABcd|dcBA GFED|DFAd FAdf|d4 d4|]"),
        ("6/8", "Edor", "EFG ABc|d2e f3|edc BAG|E6|]"),
        ("9/8", "G", "GAB cde def|g3 d3 B3|GBd gdB dBG|G9|]"),
        ("3/4", "Am", "A2 c2 e2|A6-|A4 z2|E2 ^G2 B2|A6|]"),
        ("4/4", "G", "(3GAB (3cBA G2 z2|(3:2:2G2B d6|G/A/B/c/ d2 (3e/f/g/ a3-|a4 G4|]"),
        ("2/4", "D", "d>e f<a|A3/2B/ c/4d/4e/4f/4 g|d4|d4|]"),
    ],
)
def test_what_was_played_is_heard_again(meter, key, body):
    tune, again = there_and_back(HEADER.format(meter, key) + body)
    assert heard(again) == heard(tune)
    assert again.meter.bar_quarters == tune.meter.bar_quarters
    assert is_in_time(again)


def test_repeats_and_pickups_are_found_again():
    body = (
        "A|d2d fed|cdB A2G|FGA Bcd|edc d2A|d2d fed|cdB A2G|FGA Bcd|edc d2:|"
        "g|f2f afd|ecA e2g|f2f afd|gec d2g|f2f afd|ecA e2g|FGA Bcd|edc d2:|"
    )
    tune, again = there_and_back(HEADER.format("6/8", "D") + body)
    assert heard(again) == heard(tune)
    assert [bar.actual for bar in again.bars] == [bar.actual for bar in tune.bars]
    assert again.play_order == tune.play_order


@pytest.mark.skipif(
    not is_available(get_source("lab"), Paths.default()),
    reason="the lab's tunebook is not here: make setup fetches it",
)
def test_of_many_tunes_of_the_lab_all_are_heard_again():
    tunes = load_dataset("lab", Paths.default()).tunes
    same = in_time = 0
    chosen = some(random.Random(1).sample(tunes, 100), 3)
    for clean in chosen:
        tune, again = there_and_back(clean.text)
        same += heard(tune) == heard(again)
        in_time += is_in_time(again)
    others = math.ceil(0.02 * len(chosen))
    assert len(chosen) - same <= others
    assert len(chosen) - in_time <= others


def test_the_melody_is_taken_from_above_bass_chords_and_drums():
    melody = [(72, 480), (74, 480), (76, 480), (77, 480)] * 4
    chords = track([], channel=1)
    for _ in range(8):
        for pitch in (48, 52, 55):
            chords.append(mido.Message("note_on", note=pitch, velocity=80, channel=1))
        for place, pitch in enumerate((48, 52, 55)):
            time = 0 if place else 960
            chords.append(mido.Message("note_off", note=pitch, time=time, channel=1))
    drums = track([(81, 120)] * 64, channel=9)
    bass = track([(36, 480)] * 16, channel=2)
    tune, _ = read_tune(transcribe(save([bass, chords, drums, track(melody)]), "T"))
    assert [note.pitch for note in tune.performance] == [pitch for pitch, _ in melody]


def test_of_chords_the_highest_notes_are_the_melody():
    chords = mido.MidiTrack()
    for top in (72, 74, 76, 77, 79, 77, 76, 74):
        for pitch in (60, 64, top):
            chords.append(mido.Message("note_on", note=pitch, velocity=80))
        for place, pitch in enumerate((60, 64, top)):
            chords.append(mido.Message("note_off", note=pitch, time=0 if place else 480))
    tune, _ = read_tune(transcribe(save([chords]), "T"))
    assert [note.pitch for note in tune.performance] == [72, 74, 76, 77, 79, 77, 76, 74]


def test_hands_that_are_not_quite_in_time_are_put_on_the_grid():
    generator = random.Random(5)
    pitches = [62, 64, 66, 67, 69, 71, 73, 74] * 3
    played, now = mido.MidiTrack(), 0
    for place, pitch in enumerate(pitches):
        start = max(0, 240 * place + generator.randint(-20, 20))
        end = 240 * (place + 1) + generator.randint(-40, -20)
        played.append(mido.Message("note_on", note=pitch, velocity=80, time=max(0, start - now)))
        played.append(mido.Message("note_off", note=pitch, time=max(1, end - start)))
        now = end
    tune, _ = read_tune(transcribe(save([played]), "T"))
    assert {note.duration for note in tune.performance} == {Fraction(1, 2)}
    assert [note.pitch for note in tune.performance] == pitches


def test_a_meter_that_is_not_written_is_guessed():
    waltz = [(62, 960), (66, 240), (69, 240), (74, 960), (73, 480), (69, 960), (66, 480)] * 8
    tune, _ = read_tune(transcribe(midi_file(waltz), "T"))
    assert tune.meter.bar_quarters == 3


def test_a_title_stays_in_its_line():
    text = transcribe(midi_file([(60, 480), (62, 480)] * 4), "One\nK:none\r\0two")
    assert text.splitlines()[1] == "T:One K:none two"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: b"", "no MIDI file"),
        (lambda: b"X:1\nK:D\nDEFG|", "no MIDI file"),
        (lambda: b"MThd\0\0\0\6\0\1\0\2", "damaged"),
        (lambda: b"MThd" + b"\0" * MAX_MIDI_BYTES, "larger than"),
        (lambda: midi_file([]), "no notes"),
        (lambda: midi_file([(60, 0)] * 9), "too few notes"),
        (lambda: midi_file([(60, 480)]), "too few notes"),
        (lambda: midi_file([(40, 240)] * 9, channel=9), "nothing but drums"),
        (lambda: midi_file([(60, 480 * 4000)] * 9), "longer than 60 minutes"),
        (lambda: midi_file([(60 + n % 7, 10) for n in range(60_000)]), "more than 100,000 events"),
        (lambda: midi_file([(60 + n % 7, 120) for n in range(9_000)]), "more than 5,000 notes"),
        (lambda: midi_file([(60, 480 * 200)] * 20, meter="1/64"), "2,000 bars"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_tune_is_one_sentence(make, sentence):
    with pytest.raises(NotationError, match=sentence):
        transcribe(make(), "T")


def test_film_time_is_told():
    data = bytearray(midi_file([(60, 480)] * 9))
    data[12:14] = b"\xe8\x28"
    with pytest.raises(NotationError, match="frames of film"):
        transcribe(bytes(data), "T")


def test_damaged_bytes_end_in_a_tune_or_a_sentence():
    good = midi_file([(60 + n % 12, 240) for n in range(32)], meter="4/4")
    generator = random.Random(2)
    for _ in range(count(30, thorough=150)):
        data = bytearray(good)
        for _ in range(generator.randint(1, 5)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            assert transcribe(bytes(data), "T").startswith("X:1")
        except NotationError:
            continue


@pytest.mark.parametrize(
    ("ticks", "body"),
    [
        ([160] * 6, "(3CDE(3FGA z4|]"),
        ([320, 160] * 4, "(3:2:2C2D(3:2:2E2F (3:2:2G2A(3:2:2B2c|]"),
        ([480, 160, 160, 160, 480, 480], "C2(3DEF G2A2|]"),
    ],
)
def test_triplets_alone_are_triplets_from_the_first_bar_on(ticks, body):
    """Two of three lie between the steps of the bar: none of them begins it."""
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    messages = []
    for pitch, length in zip(scale, ticks, strict=False):
        messages.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        messages.append(mido.Message("note_off", note=pitch, velocity=0, time=length))
    assert transcribe(save([mido.MidiTrack(messages)]), "T").split("K:C\n")[1] == body
