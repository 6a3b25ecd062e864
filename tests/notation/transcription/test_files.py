"""MIDI files byte by byte: what programs write against the standard is read all the same."""

import io
import random
import struct

import mido
import numpy as np
import pretty_midi
import pytest

from musicgen.errors import MusicgenError
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.transcription.events import read_midi
from musicgen.notation.transcription.files import parse_file
from musicgen.notation.transcription.transcriber import transcribe
from tests.notation.transcription.midi_files import midi_file, save, track
from tests.thorough import count

SCALE = [(60, 480), (62, 480), (64, 480), (65, 480), (67, 480), (69, 480), (71, 480), (72, 480)]
PITCHES = [pitch for pitch, _ in SCALE]
END = b"\x00\xff\x2f\x00"


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + content


def header(division: int = 480, tracks: int = 1, kind: int = 1) -> bytes:
    return chunk(b"MThd", struct.pack(">HHH", kind, tracks, division))


def keys(pitches: list[int] = PITCHES, before: bytes = b"") -> bytes:
    """Quarter notes with running status: velocity 0 lets go; `before` stands before each."""
    content = b"\x00\x90"
    for place, pitch in enumerate(pitches):
        content += b"\x00" + before + b"\x00" if before and place else b"\x00" if place else b""
        content += bytes([pitch, 80]) + b"\x83\x60" + bytes([pitch, 0])
    return content


def heard(data: bytes) -> list[int]:
    tune, problems = read_tune(transcribe(data, "T"))
    assert problems == ()
    return [note.pitch for note in tune.performance]


@pytest.mark.parametrize(
    "data",
    [
        header() + chunk(b"MTrk", keys() + END),
        header() + chunk(b"XFIH", b"alien") + chunk(b"MTrk", keys() + END),
        header() + chunk(b"XFKM", b"\x01\x02\x03") + chunk(b"MTrk", keys() + END)
        + chunk(b"Junk", b""),
        header() + chunk(b"MTrk", END) + chunk(b"MTrk", keys() + END),
        header(tracks=65_535) + chunk(b"MTrk", keys() + END),
        header(kind=0, tracks=0) + chunk(b"MTrk", keys() + END),
        header(kind=2) + chunk(b"MTrk", keys() + END),
        # Eight sharps, a mode that is none, a signature without a body.
        header() + chunk(b"MTrk", b"\x00\xff\x59\x02\x08\x00" + keys() + END),
        header() + chunk(b"MTrk", b"\x00\xff\x59\x02\x00\x07" + keys() + END),
        header()
        + chunk(b"MTrk", b"\x00\xff\x59\x00\x00\xff\x51\x00\x00\xff\x58\x00" + keys() + END),
        header() + chunk(b"MTrk", b"\x00\xff\x51\x03\x00\x00\x00" + keys() + END),
        header() + chunk(b"MTrk", b"\x00\xff\x58\x04\x04\xff\x18\x08" + keys() + END),
        header() + chunk(b"MTrk", b"\x00\xff\x58\x04\x00\x02\x18\x08" + keys() + END),
        # Running status goes on behind meta events and sysex.
        header() + chunk(b"MTrk", keys(before=b"\xff\x01\x02hi") + END),
        header() + chunk(b"MTrk", keys(before=b"\xf0\x03\x01\x02\xf7") + END),
        header() + chunk(b"MTrk", keys(before=b"\xf7\x01\x01") + END),
        header() + chunk(b"MTrk", keys(before=b"\xf8") + END),
        # Names and texts in any encoding.
        header() + chunk(b"MTrk", b"\x00\xff\x03\x04\xff\xfe\x80\x81" + keys() + END),
        # No end of the track, and bytes behind it.
        header() + chunk(b"MTrk", keys()),
        header() + chunk(b"MTrk", keys() + END + b"\x00\x90\x40\x40"),
        header() + chunk(b"MTrk", keys() + END) + b"\x00\x00",
        # RIFF, and the 128 bytes of MacBinary.
        b"RIFF\x00\x00\x00\x00RMIDdata\x00\x00\x00\x00" + header() + chunk(b"MTrk", keys() + END),
        b"\x00" * 128 + header() + chunk(b"MTrk", keys() + END),
        # A longer header, and values beyond seven bits.
        chunk(b"MThd", struct.pack(">HHHH", 1, 1, 480, 7)) + chunk(b"MTrk", keys() + END),
        header() + chunk(b"MTrk", keys().replace(b"P", b"\xff", 1) + END),
    ],
)  # fmt: skip
def test_files_against_the_standard_are_read(data: bytes) -> None:
    assert heard(data) == PITCHES


@pytest.mark.parametrize(
    "data",
    [
        header() + b"MTrk" + struct.pack(">I", 10_000) + keys() + END,
        header() + b"MTrk" + struct.pack(">I", 10_000) + keys(),
        header() + chunk(b"MTrk", keys() + b"\x00\x90\x40"),
        header() + chunk(b"MTrk", keys() + b"\xff\xff\xff\xff\xff"),
        header() + chunk(b"MTrk", keys() + END) + b"MTrk" + struct.pack(">I", 99) + b"\x00\xff",
        b"MThd\xff\xff\xff\xff" + struct.pack(">HHH", 1, 1, 480) + chunk(b"MTrk", keys() + END),
    ],
)  # fmt: skip
def test_of_damaged_files_what_can_be_read_is_taken_and_said(data: bytes) -> None:
    text = transcribe(data, "T")
    tune, _ = read_tune(text)
    assert [note.pitch for note in tune.performance] == PITCHES
    assert "N:The MIDI file is damaged" in text


def test_a_track_longer_than_it_says_is_read_to_its_end() -> None:
    content = keys() + END
    data = header() + b"MTrk" + struct.pack(">I", 20) + content
    assert heard(data + chunk(b"MTrk", END)) == PITCHES


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no MIDI file"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "no MIDI file"),
        (header(), "damaged"),
        (header(division=0) + chunk(b"MTrk", keys() + END), "damaged"),
        (header(division=0xE728) + chunk(b"MTrk", keys() + END), "frames of film"),
        (header() + chunk(b"MTrk", END), "no notes"),
        (header() + chunk(b"MTrk", b"\x40\x40\x40"), "damaged"),
        (header() + chunk(b"MTrk", b"\x00\x90\x40\x40\xff\xff\xff\x7f\x40\x00" * 4), "longer than"),
        (header() + chunk(b"MTrk", b"\x00\xb0\x01\x01" * 100_001 + keys()), "events"),
        (header() + chunk(b"MTrk", b"\x00" * 1_000_000), "larger than"),
        (header() + chunk(b"MTrk", keys().replace(b"\x90", b"\x99") + END), "drums"),
    ],
)  # fmt: skip
def test_everything_else_ends_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(MusicgenError, match=words):
        transcribe(data, "T")


def test_notes_without_length_last_to_the_next() -> None:
    melody = mido.MidiTrack()
    for place, pitch in enumerate(PITCHES):
        melody.append(mido.Message("note_on", note=pitch, velocity=80, time=480 if place else 0))
        melody.append(mido.Message("note_off", note=pitch, time=0))
    tune, _ = read_tune(transcribe(save([melody]), "T"))
    assert [(note.pitch, note.duration) for note in tune.performance] == [
        (pitch, 1) for pitch in PITCHES
    ]


def test_overlapping_notes_are_one_melody() -> None:
    melody = mido.MidiTrack()
    for place, pitch in enumerate(PITCHES):
        melody.append(mido.Message("note_on", note=pitch, velocity=80, time=360 if place else 0))
        if place:
            melody.append(mido.Message("note_off", note=PITCHES[place - 1], time=120))
    melody.append(mido.Message("note_off", note=PITCHES[-1], time=480))
    assert heard(save([melody])) == PITCHES


@pytest.mark.filterwarnings("ignore:Tempo, Key or Time signature:RuntimeWarning")
@pytest.mark.parametrize("seed", range(20))
def test_notes_are_those_that_mido_and_pretty_midi_read(seed: int) -> None:
    generator = random.Random(seed)
    melody = [(generator.randrange(40, 90), generator.randrange(60, 960)) for _ in range(60)]
    parts = [track(melody, name="a"), track(melody[::-1], channel=3, meter="3/4")]
    data = save(parts, generator.choice([96, 120, 480, 960]))
    score = read_midi(data)
    reference = pretty_midi.PrettyMIDI(io.BytesIO(data))
    ours = sorted(
        (note.pitch, round(float(note.onset) / 2, 4), round(float(note.end) / 2, 4))
        for part in score.parts for note in part.notes
    )  # fmt: skip
    theirs = sorted(
        (note.pitch, round(note.start, 4), round(note.end, 4))
        for instrument in reference.instruments for note in instrument.notes
    )  # fmt: skip
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
    events = sum(len(one.events) for one in parse_file(data, 100_000).tracks)
    assert events == sum(len(one) - 1 for one in mido.MidiFile(file=io.BytesIO(data)).tracks)


def test_broken_bytes_end_in_a_tune_or_a_sentence() -> None:
    generator = random.Random(3)
    whole = midi_file(SCALE)
    for _ in range(count(100, thorough=400)):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(14, len(data))] = generator.randrange(256)
        told, tune = "", None
        try:
            tune, _ = read_tune(transcribe(bytes(data[: generator.randrange(20, 200)]), "T"))
        except MusicgenError as error:
            told = str(error)
        assert told.endswith(".") if tune is None else tune.performance
