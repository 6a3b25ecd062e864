"""A MIDI file as ABC: its melody in bars, spelled in its key, repeats folded where they are exact.

What comes out is read and played again as it was put on the grid: same pitches, same onsets.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from musicgen.errors import NotationError
from musicgen.notation.model import Bar, Key, Note, Tune
from musicgen.notation.parsing.fields import write_tempo
from musicgen.notation.playback import play_order
from musicgen.notation.transcription.events import read_midi
from musicgen.notation.transcription.frames import Frame, lay_frames
from musicgen.notation.transcription.grid import GridWindow, Placed, place_notes
from musicgen.notation.transcription.key import find_key, weigh_pitches
from musicgen.notation.transcription.melody import choose_part, take_melody
from musicgen.notation.transcription.repeats import Section, find_sections
from musicgen.notation.writing.abc_writer import write_abc
from musicgen.notation.writing.note_values import split_value

_EIGHTH = Fraction(1, 2)
_LEAST_NOTES = 2
_DAMAGED = "The MIDI file is damaged: this is what could be read of it."

MAX_NOTES, MAX_BARS = 5_000, 2_000
"""More than any tune has, repeats played out."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of a bar that one sign of the text stands for; `pitch` is None for a rest.

    `is_held` says that its note goes on in the next one; `window` is the triplet it is in, if any.
    """

    pitch: int | None
    start: Fraction
    end: Fraction
    is_held: bool = False
    window: GridWindow | None = None


def transcribe(data: bytes, title: str) -> str:
    """The melody of a MIDI file as the text of one tune, from ``X:`` on.

    Of a damaged file what can be read is taken, and a note in the header (``N:``) says so.

    Args:
        data: The file.
        title: For ``T:``; line ends and control characters in it become spaces.

    Raises:
        NotationError: it is no MIDI file, is damaged or too large, or holds no melody.
    """
    score = read_midi(data)
    melody = take_melody(choose_part(score.parts).notes)
    if len(melody) < _LEAST_NOTES:
        raise NotationError("The MIDI file has too few notes for a tune.")
    frames = lay_frames(score.meters, melody)
    if len(melody) > MAX_NOTES or len(frames) > MAX_BARS:
        raise NotationError(
            "The melody of the MIDI file has more than {notes:,} notes or {bars:,} bars: no tune "
            "has. Cut it into tunes.",
            notes=MAX_NOTES,
            bars=MAX_BARS,
        )
    placed, windows = place_notes(melody, frames)
    key = find_key(weigh_pitches((note.pitch, note.end - note.onset) for note in placed))
    bars = _bars(frames, placed, windows, key)
    notes = _DAMAGED if score.is_damaged else ""
    text = write_abc(_tune(bars, _one_line(title), key, score.qpm, notes))
    return text[text.index("X:") :].rstrip("\n")


def _tune(bars: Sequence[Bar], title: str, key: Key, qpm: Fraction | None, notes: str = "") -> Tune:
    meter = bars[0].meter
    assert meter is not None  # noqa: S101 - every frame has one
    is_sane = qpm is not None and 20 <= qpm <= 600
    tempo = write_tempo(Fraction(round(qpm)), meter) if qpm is not None and is_sane else ""
    order = play_order(bars)
    return Tune(
        text="",
        reference="1",
        titles=(title,),
        meter=meter,
        unit_quarters=_EIGHTH,
        key=key,
        tempo_qpm=None,
        rhythm="",
        bars=tuple(bars),
        play_order=order,
        fields=tuple((letter, value) for letter, value in (("N", notes), ("Q", tempo)) if value),
    )


def _one_line(text: str) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return re.sub(r"\s+", " ", printable).strip()[:200]


def _bars(
    frames: Sequence[Frame], placed: Sequence[Placed], windows: Sequence[GridWindow], key: Key
) -> list[Bar]:
    """The bars as they are written, repeats closed."""
    pickup = frames[0].length if frames[0].is_short and len(frames) > 1 else Fraction(0)
    frames = _trimmed(frames, placed[-1].end, pickup)
    sections = find_sections(frames, placed)
    pieces = list(_cut(_with_rests(placed, frames), _bar_lines(frames, sections), windows))
    starts = [piece.start for piece in pieces]
    bars: list[Bar] = []
    now = Fraction(0)
    for section in sections:
        for frame in section.frames:
            inside = pieces[bisect_left(starts, frame.start) : bisect_left(starts, frame.end)]
            is_last = frame is section.frames[-1]
            closing = (":|" if section.is_repeated else "||") if is_last else "|"
            bars.append(_bar(len(bars), now, frame, inside, closing, key))
            now += frame.length
    if bars[-1].closing == "||":
        bars[-1] = replace(bars[-1], closing="|]")
    return bars


def _trimmed(frames: Sequence[Frame], end: Fraction, pickup: Fraction) -> list[Frame]:
    """Bars up to the end of the music; the last is short by the pickup where the notes let it."""
    kept = [frame for frame in frames if frame.start < end]
    last = kept[-1]
    if pickup and last.start < end <= last.end - pickup:
        kept[-1] = Frame(last.start, last.length - pickup, last.meter)
    return kept


def _bar_lines(frames: Sequence[Frame], sections: Sequence[Section]) -> list[Fraction]:
    ends = {frame.end for frame in frames}
    return sorted(ends.union(frame.end for section in sections for frame in section.frames))


def _with_rests(placed: Sequence[Placed], frames: Sequence[Frame]) -> Iterator[_Segment]:
    """Notes and the silences between them, from the beginning to the end of the last bar."""
    now = frames[0].start
    for note in placed:
        if note.onset > now:
            yield _Segment(None, now, note.onset)
        yield _Segment(note.pitch, note.onset, note.end)
        now = note.end
    if frames[-1].end > now:
        yield _Segment(None, now, frames[-1].end)


def _cut(
    pieces: Iterable[_Segment], bar_lines: Sequence[Fraction], windows: Sequence[GridWindow]
) -> Iterator[_Segment]:
    """Pieces cut at bar lines, and at the edges of the triplets that notes begin or end in."""
    pieces = list(pieces)
    triplets = _used(windows, pieces)
    line = triplet = 0
    for piece in pieces:
        now = piece.start
        while now < piece.end:
            while line < len(bar_lines) and bar_lines[line] <= now:
                line += 1
            while triplet < len(triplets) and triplets[triplet].end <= now:
                triplet += 1
            stop = min([piece.end, *bar_lines[line : line + 1]])
            window = triplets[triplet] if triplet < len(triplets) else None
            if window is not None:
                edge = window.start if now < window.start else window.end
                stop = min(stop, edge)
                window = window if now >= window.start else None
            is_held = piece.pitch is not None and stop < piece.end
            yield _Segment(piece.pitch, now, stop, is_held, window)
            now = stop


def _used(windows: Sequence[GridWindow], pieces: Sequence[_Segment]) -> list[GridWindow]:
    """Triplets with a note or a rest that begins inside of them."""
    starts = [piece.start for piece in pieces]
    return [
        window
        for window in windows
        if window.is_triplet
        and bisect_right(starts, window.start) < bisect_left(starts, window.end)
    ]


def _bar(
    index: int, onset: Fraction, frame: Frame, pieces: Sequence[_Segment], closing: str, key: Key
) -> Bar:
    notes: list[Note] = []
    inside = Counter(piece.window for piece in pieces if piece.window)
    for piece in pieces:
        left = 0
        if piece.window:
            left = inside[piece.window]
            inside[piece.window] -= 1
        notes += _notes(piece, onset + piece.start - frame.start, index, left)
    actual = sum((note.duration for note in notes), Fraction(0))
    full = frame.meter.bar_quarters
    return Bar(index, 0, 0, tuple(notes), onset, full, actual, closing, meter=frame.meter, key=key)


def _notes(piece: _Segment, onset: Fraction, bar: int, left: int) -> Iterator[Note]:
    """What is written for a piece: one note of a triplet, else as many as its length takes."""
    pitches = () if piece.pitch is None else (piece.pitch,)
    length = piece.end - piece.start
    values = [length] if left else [value.quarters for value in split_value(length)]
    for place, quarters in enumerate(values):
        is_tied = bool(pitches) and (piece.is_held or place + 1 < len(values))
        yield Note(
            pitches,
            onset,
            quarters,
            0,
            0,
            bar,
            tied=is_tied,
            tied_pitches=pitches if is_tied else (),
            tuplet=(3, 2) if left else (1, 1),
            tuplet_left=left,
        )
        onset += quarters
