"""Tunes that follow one another without a gap, as one file: ABC, MIDI or sound."""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.audio.files import MAX_COMMENT_BYTES, audio_bytes
from musicgen.audio.midi import timeline
from musicgen.notation.writing.abc_writer import write_tunes
from musicgen.rendering.files.formats import ExportTune

SET_FORMATS = ("abc", "midi", "wav", "mp3", "ogg", "flac")
"""What a set can be written as."""

_MOST_TICKS = 32_767  # to a beat: a MIDI file has 15 bits for them
_PEAK = 0.89  # -1 dBFS, as each tune alone


@dataclass(frozen=True)
class ExportSet:
    """Pieces in the order in which they are played; all by the same players.

    Raises:
        AudioError: in `make`, a tune has no sound.
    """

    pieces: Sequence[ExportTune]

    def make(self, name: str) -> bytes:
        """The file of the format `name`, one of `SET_FORMATS`."""
        makers: dict[str, Callable[[], bytes]] = {"abc": self._abc, "midi": self._midi}
        return makers[name]() if name in makers else self._audio(name)

    @property
    def comment(self) -> str:
        """How each tune was made, one line each, as far as a sound file has room."""
        lines: list[str] = []
        for piece in self.pieces:
            if len("\n".join([*lines, piece.comment]).encode()) <= MAX_COMMENT_BYTES:
                lines.append(piece.comment)
        return "\n".join(filter(None, lines))

    def _abc(self) -> bytes:
        """A tunebook, its tunes numbered from 1."""
        return write_tunes([piece.abc for piece in self.pieces]).encode()

    def _midi(self) -> bytes:
        import mido

        files = [mido.MidiFile(file=io.BytesIO(piece.make("midi"))) for piece in self.pieces]
        # Each tune has the ticks that its shortest note needs.
        ticks = min(math.lcm(*(file.ticks_per_beat for file in files)), _MOST_TICKS)
        whole = mido.MidiFile(type=1, ticks_per_beat=ticks)
        count = max(len(file.tracks) for file in files)
        for track_number in range(count):
            events, start = [], 0
            for file in files:
                factor = Fraction(ticks, file.ticks_per_beat)
                if track_number < len(file.tracks):
                    found = _absolute(file.tracks[track_number])
                    events += [(start + round(tick * factor), one) for tick, one in found]
                start += round(_last_tick(file) * factor)
            whole.tracks.append(_relative(mido, events))
        buffer = io.BytesIO()
        whole.save(file=buffer)
        return buffer.getvalue()

    def _audio(self, suffix: str) -> bytes:
        waveform, rate = self._waveform
        return audio_bytes(waveform, rate, suffix, self.comment)

    @cached_property
    def _waveform(self) -> tuple[NDArray[np.float32], int]:
        """The sound of all, each tune beginning where the last note of the one before ends."""
        parts, start = [], 0
        rate = self.pieces[0].rendering.sample_rate
        for piece in self.pieces:
            parts.append((start, piece.rendering.waveform))
            _where, onset_s, duration_s = timeline(piece.tune, piece.arrangement)[-1]
            start += round((onset_s + duration_s) * rate)
        whole = np.zeros((2, max(at + sound.shape[1] for at, sound in parts)), np.float32)
        for at, sound in parts:
            whole[:, at : at + sound.shape[1]] += sound
        peak = float(np.abs(whole).max())
        factor = np.float32(min(1.0, _PEAK / peak)) if peak else np.float32(1)
        return np.asarray(whole * factor, np.float32), rate


def _absolute(track: Sequence[Any]) -> list[tuple[int, Any]]:
    """The messages of a track with the ticks at which they come."""
    found, now = [], 0
    for message in track:
        now += message.time
        if message.type != "end_of_track":
            found.append((now, message))
    return found


def _last_tick(file: Any) -> int:
    """When the last note of a file ends."""
    return max(
        (tick for track in file.tracks for tick, message in _absolute(track)
         if message.type in ("note_on", "note_off")),
        default=0,
    )  # fmt: skip


def _relative(mido: Any, events: list[tuple[int, Any]]) -> Any:
    """A track of messages in order of their ticks; what ends comes before what begins."""
    ordered = sorted(events, key=lambda event: event[0])
    track = mido.MidiTrack()
    before = 0
    for tick, message in ordered:
        track.append(message.copy(time=tick - before))
        before = tick
    return track
