"""What a MIDI file says, bounded and in quarter notes: parts with their notes, meters and tempo.

Size is looked at before anything is parsed, so a file that was made to be slow is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from musicgen.errors import NotationError
from musicgen.notation.model import Meter
from musicgen.notation.transcription.files import META, MidiFile, MidiTrack, parse_file

MAX_MIDI_BYTES = 1_000_000
MAX_EVENTS = 100_000
MAX_MINUTES = 60
MAX_QUARTERS = 16_384
"""Longer than an hour at 240 quarters a minute, and what keeps a slow tempo from hiding length."""

_DRUMS = 9
_DEFAULT_TEMPO = 500_000
_FRAMES = 0x8000
"""From here on a division counts frames a second, not ticks a quarter note."""

_NOTE_OFF, _NOTE_ON, _PROGRAM = 0x80, 0x90, 0xC0
_TRACK_NAME, _TEMPO, _METER = 0x03, 0x51, 0x58
_Key = tuple[int, int, int]
"""When a key is pressed, its pitch, and when it is let go, in ticks."""


@dataclass(frozen=True, slots=True)
class MidiNote:
    """A key pressed from `onset` to `end`, in quarter notes from the beginning."""

    pitch: int
    onset: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class MidiPart:
    """The notes of one channel in one track, by onset; none of them are drums."""

    name: str
    program: int
    notes: tuple[MidiNote, ...]


@dataclass(frozen=True, slots=True)
class MidiScore:
    """A file as it was read. `meters` has what the file says of them; empty where it is silent.

    `qpm` are quarter notes a minute at the beginning, None where the file is silent. `is_damaged`
    says that some of the file could not be read.
    """

    parts: tuple[MidiPart, ...]
    meters: tuple[tuple[Fraction, Meter], ...]
    qpm: Fraction | None
    is_damaged: bool = False


def read_midi(data: bytes) -> MidiScore:
    """The notes of a MIDI file.

    Raises:
        NotationError: it is no MIDI file, is damaged or too large, or has no notes to write down.
    """
    if len(data) > MAX_MIDI_BYTES:
        raise NotationError(
            "The MIDI file is larger than {size} MB: no tune is. Cut it into tunes.",
            size=MAX_MIDI_BYTES // 1_000_000,
        )
    file = parse_file(data, MAX_EVENTS)
    if file is None:
        raise NotationError("This is no MIDI file: it does not begin as one.")
    if sum(len(track.events) for track in file.tracks) > MAX_EVENTS:
        raise NotationError(
            "The MIDI file has more than {most:,} events: no tune has. Cut it into tunes.",
            most=MAX_EVENTS,
        )
    if not file.division:
        raise NotationError("The MIDI file is damaged and cannot be read.")
    if file.division >= _FRAMES:
        raise NotationError(
            "The MIDI file counts in frames of film, not in beats, so its notes have no bars. "
            "Save it with a time base in ticks a beat."
        )
    return _EventReader(file.division).read(file)


class _EventReader:
    """Collects notes, meters and the first tempo out of the tracks."""

    def __init__(self, ticks_per_quarter: int) -> None:
        self.ticks = ticks_per_quarter
        self.parts: list[MidiPart] = []
        self.meters: dict[int, Meter] = {}
        self.tempi: dict[int, int] = {}
        self.has_drums = False

    def read(self, file: MidiFile) -> MidiScore:
        for track in file.tracks:
            self._read_track(track)
        if not self.parts:
            if self.has_drums:
                raise NotationError("The MIDI file has nothing but drums: there is no melody.")
            if file.is_damaged or not file.tracks:
                raise NotationError("The MIDI file is damaged and cannot be read.")
            raise NotationError("The MIDI file has no notes.")
        self._check_length()
        meters = tuple((self._quarters(tick), self.meters[tick]) for tick in sorted(self.meters))
        first = self.tempi[min(self.tempi)] if self.tempi else None
        qpm = Fraction(60_000_000, first) if first else None
        return MidiScore(tuple(self.parts), meters, qpm, file.is_damaged)

    def _quarters(self, tick: int) -> Fraction:
        return Fraction(tick, self.ticks)

    def _read_track(self, track: MidiTrack) -> None:
        notes: dict[int, list[_Key]] = {}
        open_keys: dict[tuple[int, int], int] = {}
        programs: dict[int, int] = {}
        now, name = 0, ""
        for event in track.events:
            now, kind, channel = event.tick, event.status & 0xF0, event.status & 0x0F
            if event.status == META:
                name = name or self._read_meta(event.data, now)
            elif kind == _PROGRAM:
                programs.setdefault(channel, event.data[0])
            elif kind in (_NOTE_ON, _NOTE_OFF) and channel == _DRUMS:
                self.has_drums = True
            elif kind in (_NOTE_ON, _NOTE_OFF):
                pitch, velocity = event.data
                start = open_keys.pop((channel, pitch), None)
                if start is not None:
                    notes.setdefault(channel, []).append((start, pitch, now))
                if kind == _NOTE_ON and velocity:
                    open_keys[channel, pitch] = now
        for (channel, pitch), start in open_keys.items():
            end = max(now, start + self.ticks)
            notes.setdefault(channel, []).append((start, pitch, end))
        for channel, found in sorted(notes.items()):
            heard = tuple(self._with_lengths(sorted(found)))
            self.parts.append(MidiPart(name, programs.get(channel, 0), heard))

    def _with_lengths(self, keys: list[_Key]) -> Iterator[MidiNote]:
        """The notes of a part; one let go when it is struck lasts to the next, a beat at most."""
        starts = sorted({start for start, _, _ in keys})
        following = dict(pairwise(starts))
        struck = {(start, pitch) for start, pitch, end in keys if end > start}
        for start, pitch, end in keys:
            if end == start:
                if (start, pitch) in struck:  # the same key again, held this time
                    continue
                end = min(start + self.ticks, following.get(start, start + self.ticks))
            yield MidiNote(pitch, self._quarters(start), self._quarters(end))

    def _read_meta(self, data: bytes, now: int) -> str:
        """Take in a tempo or a meter; the name of the track if it is that."""
        kind, values = data[0], data[1:]
        if kind == _TRACK_NAME:
            return values.decode("latin-1")
        if kind == _TEMPO and len(values) == 3 and any(values):
            self.tempi.setdefault(now, int.from_bytes(values, "big"))
        elif kind == _METER and len(values) >= 2:
            numerator, power = values[0], values[1]
            if 0 < numerator <= 64 and power <= 6:
                self.meters[now] = Meter(f"{numerator}/{2**power}", numerator, 2**power)
        return ""

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
