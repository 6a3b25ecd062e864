"""MIDI files made by hand, note by note."""

import functools
import io
from collections.abc import Sequence

import mido


def midi_file(
    notes: Sequence[tuple[int, int]], *, ticks: int = 480, channel: int = 0, meter: str = ""
) -> bytes:
    """Pitches and lengths in ticks, one note after the other, as a file with one track."""
    return save([track(notes, channel=channel, meter=meter)], ticks)


def track(
    notes: Sequence[tuple[int, int]], *, channel: int = 0, meter: str = "", name: str = ""
) -> mido.MidiTrack:
    made = mido.MidiTrack()
    if name:
        made.append(mido.MetaMessage("track_name", name=name))
    if meter:
        numerator, denominator = map(int, meter.split("/"))
        made.append(
            mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
        )
    for pitch, length in notes:
        made.extend(_stroke(pitch, length, channel))
    return made


@functools.cache
def _stroke(pitch: int, length: int, channel: int) -> tuple[mido.Message, mido.Message]:
    """A key pressed and let go; the same again is the same, as files of many notes need."""
    press = mido.Message("note_on", note=pitch, velocity=80, channel=channel)
    return press, mido.Message("note_off", note=pitch, time=length, channel=channel)


def save(tracks: Sequence[mido.MidiTrack], ticks: int = 480) -> bytes:
    file = mido.MidiFile(ticks_per_beat=ticks, tracks=list(tracks))
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()
