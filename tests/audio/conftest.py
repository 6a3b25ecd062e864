import io
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import mido
import pytest

from musicgen.audio import fluidsynth_renderer
from musicgen.audio.files import midi_bytes
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune


class FileNote(NamedTuple):
    """A note as mido finds it in the bytes of a file, in quarter notes."""

    onset: Fraction
    pitch: int
    duration: Fraction
    velocity: int


class FileReader:
    """What an independent reader, mido, sees in a MIDI file."""

    def __init__(self, midi) -> None:
        self.file = mido.MidiFile(file=io.BytesIO(midi_bytes(midi)), charset="utf8")

    @property
    def notes(self) -> list[FileNote]:
        found: list[FileNote] = []
        for track in self.file.tracks:
            now, sounding = 0, {}
            for message in track:
                now += message.time
                if message.type != "note_on":
                    continue
                key = (message.channel, message.note)
                if message.velocity:
                    assert key not in sounding, "a pitch was struck while it sounded"
                    sounding[key] = (now, message.velocity)
                else:
                    onset, velocity = sounding.pop(key)
                    found.append(self._note(onset, now, message.note, velocity))
            assert not sounding
        return sorted(found)

    def _note(self, onset: int, end: int, pitch: int, velocity: int) -> FileNote:
        quarter = self.file.ticks_per_beat
        return FileNote(Fraction(onset, quarter), pitch, Fraction(end - onset, quarter), velocity)

    def events(self, kind: str) -> list[tuple[Fraction, mido.MetaMessage]]:
        """Events of a kind on all tracks with their times in quarter notes."""
        found = []
        for track in self.file.tracks:
            now = 0
            for message in track:
                now += message.time
                if message.type == kind:
                    found.append((Fraction(now, self.file.ticks_per_beat), message))
        return found


@pytest.fixture
def make_tune() -> Callable[..., Tune]:
    def make(body: str, key: str = "C", meter: str = "4/4", **fields: str) -> Tune:
        header = "".join(f"{name}:{value}\n" for name, value in fields.items())
        text = f"X:1\n{header}M:{meter}\nL:1/8\nK:{key}\n{body}\n"
        return read_tune(text)[0]

    return make


@pytest.fixture
def read_file() -> type[FileReader]:
    return FileReader


@pytest.fixture
def fluidsynth() -> None:
    if not fluidsynth_renderer.is_available():
        pytest.skip("FluidSynth's library is not on this machine")
