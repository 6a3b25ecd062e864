"""In which order the bars of a tune are played, and what then sounds when.

Rules (ABC 2.1 §4.8–4.10; where the standard says nothing, the custom of tunebooks):

- ``:|`` goes back to the last ``|:`` still open, else to the last ``:|``, double bar line
  (``||``, ``|]``, ``[|``), part or the beginning.
- An ending is played in the passes it lists; a last ending without a closing line is taken to be as
  long as the first. ``:|`` gives as many passes as the highest ending asks for.
- ``P:`` in the header orders the parts that ``P:`` in the body names; a heading such as ``P:Trio``
  is where a repeat goes back to, as a double bar line is.
- ``D.C.`` and ``D.S.`` are obeyed once each, after all repeats; the second time repeats are left
  out, the last endings are played, and the music goes up to ``fine``, or leaps from the first coda
  sign to the second. What is written behind, such as a Trio, follows then.
- Grace notes sound for a quarter of their written length, all together at most three
  quarters of the note they adorn, and take that time from it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from musicgen.notation.model import Bar, Note, PlayedNote, Tune
from musicgen.notation.parsing.barlines import count_repeats, is_double, opens_repeat

MAX_PLAYED_BARS = 8192
MAX_PLAYED_NOTES = 65_536
MAX_JUMPS = 16
_JUMPS = ("D.C.", "D.S.")
_FURTHEST_ENDING = 64
GRACE_SHARE = Fraction(1, 4)
"""How much of its written length a grace note sounds."""


def play_order(bars: Sequence[Bar], parts: str = "") -> tuple[int, ...]:
    """Indices of bars in the order they are played; linear in their number.

    Args:
        bars: the bars as written.
        parts: the value of ``P:`` in the header, as in ``A2(BC)3``; empty for the order written.
    """
    return bounded_play_order(bars, parts)[0]


def bounded_play_order(bars: Sequence[Bar], parts: str = "") -> tuple[tuple[int, ...], bool]:
    """The play order, and whether it was cut off because it goes on and on."""
    spans = _part_spans(bars)
    letters = expand_parts(parts) if is_part_order(parts) else ""
    known = {letter for letter, _ in spans}
    if not known & set(letters):
        order = [index for _, span in spans for index in _walk(bars, span)]
    else:
        played = {letter: list(_walk(bars, span)) for letter, span in reversed(spans)}
        order = list(played.get("", []))
        for letter in letters:
            order += played.get(letter, [])
            if len(order) > MAX_PLAYED_BARS:
                break
    order = _follow_jumps(bars, order)
    kept = _count_bounded(bars, order)
    return tuple(order[:kept]), kept < len(order)


def _count_bounded(bars: Sequence[Bar], order: Sequence[int]) -> int:
    """How many bars of an order are played: two rounds of what is written at least."""
    most_notes = max(MAX_PLAYED_NOTES, 2 * sum(len(bar.notes) for bar in bars))
    notes = accumulate(len(bars[index].notes) for index in order)
    most_bars = max(MAX_PLAYED_BARS, 2 * len(bars))
    return min(most_bars, sum(1 for count in notes if count <= most_notes), len(order))


def is_part_order(text: str) -> bool:
    """Whether ``P:`` in the header gives an order of parts (ABC 2.1 §3.1.9), and is no words."""
    words = re.findall(r"[A-Za-z]+", text[:400])
    return bool(words) and all(word.isupper() or word.islower() for word in words)


def find_unplayed(bars: Sequence[Bar], order: Sequence[int]) -> Iterable[tuple[Bar, Bar]]:
    """First and last bar of every stretch of bars that have notes and are not in a play order."""
    played = set(order)
    first: Bar | None = None
    last: Bar | None = None
    for bar in bars:
        if bar.index in played:
            if first is not None and last is not None:
                yield first, last
            first = last = None
        elif any(note.pitches for note in bar.notes):
            first, last = first or bar, bar
    if first is not None and last is not None:
        yield first, last


def expand_parts(text: str) -> str:
    """Letters of a part order written out: ``A2(BC)3`` is AABCBCBC; at most 512 letters."""
    stack: list[str] = [""]
    last = ""
    for sign in re.findall(r"[A-Za-z]|\d{1,2}|[()]", text[:400]):
        if sign == "(" and len(stack) < 8:
            stack.append("")
            last = ""
        elif sign == ")" and len(stack) > 1:
            last = stack.pop()
            stack[-1] += last
        elif sign.isdigit():
            stack[-1] += last * (int(sign) - 1)
        elif sign.isalpha():
            last = sign
            stack[-1] += sign
        stack[-1] = stack[-1][:512]
    return "".join(stack)[:512]


def _part_spans(bars: Sequence[Bar]) -> list[tuple[str, range]]:
    """Runs of bars of the same part, in written order."""
    starts = [
        index for index, bar in enumerate(bars) if not index or bar.part != bars[index - 1].part
    ]
    ends = [*starts[1:], len(bars)][: len(starts)]  # no bars, no spans
    return [(bars[a].part, range(a, b)) for a, b in zip(starts, ends, strict=True)]


class _Walker:
    """Plays one section of a tune with its repeats: a pointer, and the pass it is in."""

    def __init__(self, bars: Sequence[Bar], span: range) -> None:
        self.bars = bars
        self.end = span.stop
        self.at = span.start
        self.back = span.start
        self.is_open = False
        self.passing = 1

    def walk(self) -> Iterable[int]:
        while self.at < self.end:
            bar = self.bars[self.at]
            if self._begins_under_heading(bar) or self._begins_endings_anew(bar):
                self._begin(self.at, is_open=False)
            if opens_repeat(bar.opening) and self.at != self.back:
                self._begin(self.at, is_open=True)
            elif opens_repeat(bar.opening):
                self.is_open = True
            if not bar.ending:
                self._leave_endings()
            elif self.passing not in bar.ending:
                self._skip_ending()
                continue
            yield self.at
            self._after(bar)

    def _begins_under_heading(self, bar: Bar) -> bool:
        """Whether a heading such as ``P:Trio`` begins a section, as a double bar line does."""
        is_heading = bar.heading[:1].isupper() and not bar.ending
        return is_heading and not self.is_open and self.passing == 1 and self.at != self.back

    def _begins_endings_anew(self, bar: Bar) -> bool:
        """Whether the first of a new row of endings stands right behind the last of another."""
        if not bar.starts_ending or 1 not in bar.ending or self.at <= self.back:
            return False
        before = self.bars[self.at - 1].ending
        return bool(before) and 1 not in before

    def _begin(self, at: int, is_open: bool) -> None:
        self.back, self.is_open, self.passing = at, is_open, 1

    def _leave_endings(self) -> None:
        """Past the last ending, repeats go back to here."""
        previous = self.at - 1
        if previous >= self.back and self.bars[previous].ending:
            self._begin(self.at, is_open=False)

    def _skip_ending(self) -> None:
        while self.at < self.end and self.bars[self.at].ending:
            if self.passing in self.bars[self.at].ending:
                return
            self.at += 1
        if self.at < self.end:
            self._begin(self.at, is_open=False)

    def _after(self, bar: Bar) -> None:
        repeats = count_repeats(bar.closing) or self._is_repeat_implied(bar)
        following = self.at + 1
        if repeats and self.passing < max(repeats + 1, self._last_ending()):
            self.passing += 1
            self.at = self.back
            return
        if repeats or (is_double(bar.closing) and not self.is_open):
            goes_on = following < self.end and self.bars[following].ending
            self._begin(following, is_open=False) if not goes_on else None
        self.at = following

    def _is_repeat_implied(self, bar: Bar) -> int:
        """An ending is followed by that of the next pass, though no ``:|`` was written."""
        if not bar.ending or self.at + 1 >= self.end:
            return 0
        following = self.bars[self.at + 1]
        owed = following.starts_ending and self.passing not in following.ending
        return int(owed and self.passing + 1 in following.ending)

    def _last_ending(self) -> int:
        """The highest pass that the endings around this bar ask for, 0 if there are none."""
        start = self.at
        while start > max(self.back, self.at - _FURTHEST_ENDING) and self._goes_on(start):
            start -= 1
        highest, at = max(self.bars[start].ending, default=0), start + 1
        while at < min(self.end, start + 2 * _FURTHEST_ENDING) and self._goes_on(at):
            highest = max(highest, *self.bars[at].ending)
            at += 1
        return highest

    def _goes_on(self, at: int) -> bool:
        """Whether a bar belongs to the same endings as the bar before it."""
        bar = self.bars[at]
        if not bar.ending or opens_repeat(bar.opening):
            return False
        return not (bar.starts_ending and 1 in bar.ending and self.bars[at - 1].ending)


def _walk(bars: Sequence[Bar], span: range) -> Iterable[int]:
    return _Walker(bars, span).walk()


@dataclass(frozen=True, slots=True)
class _Place:
    """A boundary between two bars at which a mark stands: before bar `index`."""

    kind: str
    index: int


def _follow_jumps(bars: Sequence[Bar], order: list[int]) -> list[int]:
    """The order with every D.C. and D.S. obeyed once.

    What stands behind one, such as a Trio, is played when the music has come to its fine.
    """
    places = [
        _Place(mark.kind, bar.index if mark.is_before else bar.index + 1)
        for bar in bars
        for mark in bar.marks
    ]
    jumps = sorted({(place.index, place.kind) for place in places if place.kind in _JUMPS})
    if not jumps:
        return order
    last = {index: n for n, index in enumerate(order)}
    latest = list(accumulate((last.get(index, -1) for index in range(len(bars))), max))
    followed: list[int] = []
    done = 0
    for index, kind in jumps[:MAX_JUMPS]:
        at = latest[index - 1] + 1
        if at <= done:
            continue
        run, is_over = _second_time(bars, places, _Place(kind, index))
        followed += order[done:at] + run
        done = len(order) if is_over else at
    return followed + order[done:]


def _first(places: list[_Place], kind: str) -> int | None:
    return next((place.index for place in places if place.kind == kind), None)


def _second_time(bars: Sequence[Bar], places: list[_Place], jump: _Place) -> tuple[list[int], bool]:
    """Bars played because of a D.C. or D.S., without repeats, and whether the tune ends there.

    They go up to the fine, or to the jump itself where there is none; through the coda to the end.
    """
    segno = _first(places, "segno")
    start = segno if jump.kind == "D.S." and segno is not None and segno < jump.index else 0
    fine = next((place.index for place in places if place.kind == "fine"
                 and start < place.index <= jump.index), None)  # fmt: skip
    if fine is not None:
        return _without_repeats(bars, start, fine), False
    codas = [place.index for place in places if place.kind == "coda"]
    leap = _first(places, "tocoda")
    if leap is None and len(codas) > 1:
        leap = codas[0]
    if leap is not None and codas and start < leap <= min(jump.index, codas[-1]):
        through = _without_repeats(bars, start, leap)
        return through + _without_repeats(bars, codas[-1], len(bars)), True
    return _without_repeats(bars, start, jump.index), False


def _without_repeats(bars: Sequence[Bar], start: int, stop: int) -> list[int]:
    """Bars of a stretch played once, each with the last of its endings."""
    order: list[int] = []
    group: list[Bar] = []
    for bar in [*bars[start:stop]]:
        if bar.ending:
            group.append(bar)
            continue
        order += _last_of(group)
        group = []
        order.append(bar.index)
    return order + _last_of(group)


def _last_of(group: list[Bar]) -> list[int]:
    highest = max((max(bar.ending) for bar in group), default=0)
    return [bar.index for bar in group if highest in bar.ending]


@dataclass(frozen=True, slots=True)
class PlayedSpan:
    """A note, chord or rest as it comes by in playing order, tied ones each for itself.

    `onset` and `duration` are in quarter notes, ``[start, end)`` is the span in `Tune.text`.
    """

    onset: Fraction
    duration: Fraction
    start: int
    end: int
    bar: int
    is_rest: bool


def follow(tune: Tune) -> tuple[PlayedSpan, ...]:
    """What a cursor points at while the tune is played: sorted, without gaps or overlaps."""
    spans: list[PlayedSpan] = []
    now = Fraction(0)
    for index in tune.play_order:
        bar = tune.bars[index]
        for note in bar.notes:
            onset = now + (note.onset - bar.onset)
            spans.append(
                PlayedSpan(onset, note.duration, note.start, note.end, index, note.is_rest)
            )
        now += bar.actual
    return tuple(spans)


def played_notes(bars: Sequence[Bar], order: Iterable[int]) -> tuple[PlayedNote, ...]:
    """What sounds, in order of onset: repeats expanded, ties merged, chords one pitch at a time."""
    performer = _Performer()
    for index in order:
        performer.play(bars[index])
    return tuple(performer.played)


class _Performer:
    """Lays notes along the time line; remembers which pitches a tie holds."""

    def __init__(self) -> None:
        self.now = Fraction(0)
        self.played: list[PlayedNote] = []
        self.held: dict[int, int] = {}

    def play(self, bar: Bar) -> None:
        shift = self.now - bar.onset
        for note in bar.notes:
            self._play_note(note, note.onset + shift if shift else note.onset)
        self.now += bar.actual

    def _play_note(self, note: Note, onset: Fraction) -> None:
        duration = note.duration
        if not note.pitches:
            self.held = {}
            return
        if note.graces:
            taken = self._play_graces(note, onset)
            onset, duration = onset + taken, duration - taken
        held: dict[int, int] = {}
        for pitch in note.pitches:
            place = self.held.get(pitch)
            if place is None or note.graces:
                place = len(self.played)
                self.played.append(
                    PlayedNote(pitch, onset, duration, note.start, note.end, note.bar)
                )
            else:
                self._lengthen(place, duration)
            if pitch in note.tied_pitches:
                held[pitch] = place
        self.held = held

    def _lengthen(self, place: int, duration: Fraction) -> None:
        first = self.played[place]
        self.played[place] = PlayedNote(
            first.pitch, first.onset, first.duration + duration, first.start, first.end, first.bar
        )

    def _play_graces(self, note: Note, onset: Fraction) -> Fraction:
        written = sum(note.grace_quarters, Fraction(0))
        share = min(GRACE_SHARE, note.duration * 3 / 4 / written)
        for pitch, span, quarters in zip(
            note.graces, note.grace_spans, note.grace_quarters, strict=True
        ):
            duration = quarters * share
            self.played.append(PlayedNote(pitch, onset, duration, *span, note.bar, is_grace=True))
            onset += duration
        return written * share
