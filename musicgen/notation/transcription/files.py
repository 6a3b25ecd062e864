"""The bytes of a Standard MIDI File as tracks of events: whatever can be read of them.

Follows the MIDI 1.0 file format (MMA RP-001), and takes what programs write against it: alien
chunks, running status behind other events, wrong lengths, tracks that break off, a file inside of
a RIFF file. Time is linear in the size of the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

_HEADER = b"MThd"
_TRACK = b"MTrk"
_HEADER_WITHIN = 256
"""RIFF and MacBinary put something before the file proper."""

META, SYSEX = 0xFF, (0xF0, 0xF7)
_LENGTHS = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_END_OF_TRACK = 0x2F


@dataclass(frozen=True, slots=True)
class Event:
    """Something at a moment of a track, in ticks from its beginning.

    `status` is that of the file: 0x80 to 0xEF with the channel in its low bits, or 0xFF for a meta
    event, whose type is the first byte of `data`.
    """

    tick: int
    status: int
    data: bytes


@dataclass(slots=True)
class MidiTrack:
    """The events of a track in order; `is_damaged` says that it broke off."""

    events: list[Event] = field(default_factory=list)
    is_damaged: bool = False


@dataclass(slots=True)
class MidiFile:
    """A file: `division` as its header has it, and its tracks.

    `is_damaged` says that something of it could not be read.
    """

    division: int
    tracks: list[MidiTrack]
    is_damaged: bool = False


def parse_file(data: bytes, most_events: int) -> MidiFile | None:
    """A MIDI file, None where the bytes do not begin as one.

    Args:
        data: The file.
        most_events: Reading stops when there are more.
    """
    start = data.find(_HEADER, 0, _HEADER_WITHIN)
    if start < 0:
        return None
    if len(data) < start + 14:
        return MidiFile(0, [], is_damaged=True)
    header_length = int.from_bytes(data[start + 4 : start + 8], "big")
    file = MidiFile(int.from_bytes(data[start + 12 : start + 14], "big"), [])
    if not 6 <= header_length <= len(data):
        header_length, file.is_damaged = 6, True
    left = most_events
    for first, last in _find_tracks(data, start + 8 + header_length):
        track = _TrackReader(data, first, min(last, len(data))).read(left)
        track.is_damaged = track.is_damaged or last > len(data)
        file.tracks.append(track)
        file.is_damaged = file.is_damaged or track.is_damaged
        left -= len(track.events)
        if left < 0:
            break
    return file


def _find_tracks(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Where the contents of tracks stand; other chunks are passed over.

    Where a length leads to no other chunk, the next track is looked for.
    """
    while at + 8 <= len(data):
        name = data[at : at + 4]
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if end > len(data) or not _begins_chunk(data, end):
            following = data.find(_TRACK, at + 4)
            end = following if following >= 0 else max(end, len(data))
        if name == _TRACK:
            yield at + 8, end
        at = end


def _begins_chunk(data: bytes, at: int) -> bool:
    name = data[at : at + 4]
    return at + 8 > len(data) or (name.isascii() and name.decode("ascii").isalnum())


class _TrackReader:
    """Reads the events of one track."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self._at = start
        self._end = end
        self._status = 0

    def read(self, most_events: int) -> MidiTrack:
        """The events up to the end of the track, or to where it is damaged."""
        track = MidiTrack()
        tick = 0
        while self._at < self._end and len(track.events) <= most_events:
            try:
                tick += self._number()
                event = self._event(tick)
            except IndexError:
                track.is_damaged = True
                break
            if event is None:
                continue
            if event.status == META and event.data[:1] == bytes([_END_OF_TRACK]):
                break
            track.events.append(event)
        return track

    def _byte(self) -> int:
        if self._at >= self._end:
            raise IndexError
        self._at += 1
        return self._data[self._at - 1]

    def _number(self) -> int:
        """A number of variable length: seven bits a byte, four bytes at most."""
        number = 0
        for _ in range(4):
            byte = self._byte()
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                return number
        raise IndexError

    def _bytes(self, count: int) -> bytes:
        if self._at + count > self._end:
            raise IndexError
        self._at += count
        return self._data[self._at - count : self._at]

    def _event(self, tick: int) -> Event | None:
        """The next event; None for one that says nothing here. Raises IndexError at a damage."""
        status = self._data[self._at] if self._at < self._end else 0
        if status >= 0x80:
            self._at += 1
        else:
            status = self._status  # running status, also behind meta events and sysex
        if status == META:
            kind = self._byte()
            return Event(tick, status, bytes([kind]) + self._bytes(self._number()))
        if status in SYSEX:
            self._bytes(self._number())
            return None
        if status > 0xEF:
            self._bytes(_SYSTEM_LENGTHS.get(status, 0))
            return None
        if status < 0x80:
            raise IndexError
        self._status = status
        values = self._bytes(_LENGTHS[status & 0xF0])
        return Event(tick, status, bytes(min(value, 0x7F) for value in values))
