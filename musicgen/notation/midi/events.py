"""What a MIDI file says, bounded and in quarter notes: parts with their notes, meters and tempo.

Size is looked at before anything is parsed, so a file that was made to be slow is not.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from musicgen.errors import NotationError
from musicgen.notation.tune import Meter

MAX_BYTES = 1_000_000
MAX_EVENTS = 100_000
MAX_MINUTES = 60
MAX_QUARTERS = 16_384
"""Longer than an hour at 240 quarters a minute, and what keeps a slow tempo from hiding length."""

_DRUMS = 9
_DEFAULT_TEMPO = 500_000
_HEADER = b"MThd"
_HEADER_WITHIN = 256
"""RIFF and MacBinary put something before the file proper."""


@dataclass(frozen=True, slots=True)
class MidiNote:
    """A key pressed from `onset` to `end`, in quarter notes from the beginning."""

    pitch: int
    onset: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one channel in one track, by onset; none of them are drums."""

    name: str
    program: int
    notes: tuple[MidiNote, ...]


@dataclass(frozen=True, slots=True)
class MidiScore:
    """A file as it was read. `meters` has what the file says of them; empty where it is silent.

    `qpm` are quarter notes a minute at the beginning, None where the file is silent.
    """

    parts: tuple[Part, ...]
    meters: tuple[tuple[Fraction, Meter], ...]
    qpm: Fraction | None


def read_midi(data: bytes) -> MidiScore:
    """The notes of a MIDI file.

    Raises:
        NotationError: it is no MIDI file, is damaged or too large, or has no notes to write down.
    """
    if len(data) > MAX_BYTES:
        raise NotationError(
            "The MIDI file is larger than {size} MB: no tune is. Cut it into tunes.",
            size=MAX_BYTES // 1_000_000,
        )
    file = _parse(data)
    if sum(map(len, file.tracks)) > MAX_EVENTS:
        raise NotationError(
            "The MIDI file has more than {most:,} events: no tune has. Cut it into tunes.",
            most=MAX_EVENTS,
        )
    if file.ticks_per_beat <= 0:
        raise NotationError(
            "The MIDI file counts in frames of film, not in beats, so its notes have no bars. "
            "Save it with a time base in ticks a beat."
        )
    return _Reading(file.ticks_per_beat).read(file.tracks)


def _parse(data: bytes) -> Any:
    import mido

    start = data.find(_HEADER, 0, _HEADER_WITHIN)
    if start < 0:
        raise NotationError("This is no MIDI file: it does not begin as one.")
    try:
        return mido.MidiFile(file=io.BytesIO(data[start:]), clip=True)
    except Exception as error:  # mido says what is wrong in many different ways
        raise NotationError("The MIDI file is damaged and cannot be read.") from error


class _Reading:
    """Collects notes, meters and the first tempo out of the tracks."""

    def __init__(self, ticks_per_quarter: int) -> None:
        self.ticks = ticks_per_quarter
        self.parts: list[Part] = []
        self.meters: dict[int, Meter] = {}
        self.tempi: dict[int, int] = {}
        self.has_drums = False

    def read(self, tracks: list[Any]) -> MidiScore:
        for track in tracks:
            self._read_track(track)
        if not self.parts:
            if self.has_drums:
                raise NotationError("The MIDI file has nothing but drums: there is no melody.")
            raise NotationError("The MIDI file has no notes.")
        self._check_length()
        meters = tuple((self._quarters(tick), self.meters[tick]) for tick in sorted(self.meters))
        first = self.tempi[min(self.tempi)] if self.tempi else None
        qpm = Fraction(60_000_000, first) if first else None
        return MidiScore(tuple(self.parts), meters, qpm)

    def _quarters(self, tick: int) -> Fraction:
        return Fraction(tick, self.ticks)

    def _read_track(self, track: Any) -> None:
        notes: dict[int, list[MidiNote]] = {}
        open_keys: dict[tuple[int, int], int] = {}
        programs: dict[int, int] = {}
        now, name = 0, ""
        for message in track:
            now += message.time
            if message.type == "track_name":
                name = name or message.name
            elif message.type == "program_change":
                programs.setdefault(message.channel, message.program)
            elif message.type in ("note_on", "note_off"):
                self._read_key(message, now, open_keys, notes)
            else:
                self._read_meta(message, now)
        for (channel, pitch), start in open_keys.items():
            self._add(notes, channel, pitch, start, max(now, start + self.ticks))
        for channel, found in sorted(notes.items()):
            ordered = sorted(found, key=lambda note: (note.onset, note.pitch))
            self.parts.append(Part(name, programs.get(channel, 0), tuple(ordered)))

    def _read_key(
        self,
        message: Any,
        now: int,
        open_keys: dict[tuple[int, int], int],
        notes: dict[int, list[MidiNote]],
    ) -> None:
        if message.channel == _DRUMS:
            self.has_drums = True
            return
        key = (message.channel, message.note)
        start = open_keys.pop(key, None)
        if start is not None and start < now:
            self._add(notes, *key, start, now)
        if message.type == "note_on" and message.velocity:
            open_keys[key] = now

    def _add(
        self, notes: dict[int, list[MidiNote]], channel: int, pitch: int, start: int, end: int
    ) -> None:
        note = MidiNote(pitch, self._quarters(start), self._quarters(end))
        notes.setdefault(channel, []).append(note)

    def _read_meta(self, message: Any, now: int) -> None:
        if message.type == "set_tempo" and message.tempo:
            self.tempi.setdefault(now, message.tempo)
        elif message.type == "time_signature":
            numerator, denominator = message.numerator, message.denominator
            if 0 < numerator <= 64 and denominator in (1, 2, 4, 8, 16, 32, 64):
                self.meters[now] = Meter(f"{numerator}/{denominator}", numerator, denominator)

    def _check_length(self) -> None:
        last = max(note.end for part in self.parts for note in part.notes)
        if last > MAX_QUARTERS or self._minutes(last) > MAX_MINUTES:
            raise NotationError(
                "The MIDI file lasts longer than {minutes} minutes: no tune does. "
                "Cut it into tunes.",
                minutes=MAX_MINUTES,
            )

    def _minutes(self, last: Fraction) -> float:
        return sum(self._stretches(last)) / 60e6

    def _stretches(self, last: Fraction) -> Iterator[float]:
        """Microseconds at each tempo."""
        changes = sorted({0: _DEFAULT_TEMPO} | self.tempi)
        tempi = {0: _DEFAULT_TEMPO} | self.tempi
        ends = [*(self._quarters(tick) for tick in changes[1:]), last]
        for tick, end in zip(changes, ends, strict=True):
            yield float(max(Fraction(0), min(end, last) - self._quarters(tick))) * tempi[tick]
