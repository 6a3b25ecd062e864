"""The same tune as another dance: a jig as a reel, a reel as a hornpipe, a polka or a jig.

A beat of a dance has so many slots: three eighths in a jig, four in a reel or hornpipe, four
sixteenths in a polka. What sounds at the slots of a beat is carried over to the slots of the other
dance: of four, the second is left out on the way to three; of three, a fourth is won by a step
towards the next beat, or by holding a note that was long already. Pickups keep their notes, and the
bar that makes up for them gives or gains what is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from musicgen.errors import NotationError
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Bar, Key, Meter, Note, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.abc_writer import missing_before, write_abc
from musicgen.notation.writing.field_changes import with_field
from musicgen.notation.writing.repeat_signs import with_repeat_signs
from musicgen.notation.writing.variation import step_of


@dataclass(frozen=True, slots=True)
class Dance:
    """A dance: its meter, the slots of one of its two beats, and how long a slot is.

    `is_dotted` says that slots are played long and short in turn.
    """

    meter: Meter
    slots: int
    slot: Fraction
    is_dotted: bool = False


_EIGHTH = Fraction(1, 2)
DANCES = {
    "jig": Dance(Meter("6/8", 6, 8), 3, _EIGHTH),
    "reel": Dance(Meter("4/4", 4, 4), 4, _EIGHTH),
    "hornpipe": Dance(Meter("4/4", 4, 4), 4, _EIGHTH, is_dotted=True),
    "polka": Dance(Meter("2/4", 2, 4), 4, _EIGHTH / 2),
}
"""What a tune can be made into."""

_METERS = {(6, 8): "jig", (4, 4): "reel", (2, 2): "reel", (2, 4): "polka"}
_KEPT = {(3, 3): (0, 1, 2), (4, 3): (0, 2, 3), (4, 4): (0, 1, 2, 3), (3, 4): (0, 1, 2, None)}


def as_dance(tune: Tune, dance: str) -> str:
    """A tune with two beats a bar as another dance, as plain ABC.

    Args:
        tune: In 6/8, 4/4, 2/2 or 2/4.
        dance: One of `DANCES`.

    Raises:
        NotationError: it has another meter or changes it, is no dance of that kind, or its bars are
            not in time, so that nobody knows where its beats are.
    """
    source = _METERS.get((tune.meter.numerator, tune.meter.denominator))
    if source is None or any(bar.meter not in (None, tune.meter) for bar in tune.bars):
        raise NotationError(
            "Only tunes in 6/8, 4/4, 2/2 or 2/4 can be made another dance; this one is in {meter}.",
            meter=tune.meter.text or "–",
        )
    report = check_bars(tune)
    if report.wrong:
        raise NotationError(
            "Bar {number} of this tune is out of time. Mend it first.",
            number=number_bars(tune.bars)[report.wrong[0].index],
        )
    if not report.is_in_time:
        raise NotationError("There is nothing to play in this tune.")
    before, after = DANCES[source], DANCES[dance]
    bars = _carry_over(tune, before, after)
    made = replace(
        tune, meter=after.meter, rhythm=dance, bars=tuple(bars), tempo_qpm=None,
        fields=tuple((letter, value) for letter, value in tune.fields if letter not in "QR"),
    )  # fmt: skip
    text = with_field(write_abc(made), "R", dance)
    if not check_bars(read_tune(text)[0]).is_in_time:
        raise NotationError("The bars of this tune are cut in a way that no {dance} has.",
                            dance=dance)  # fmt: skip
    return text


def _carry_over(tune: Tune, before: Dance, after: Dance) -> list[Bar]:
    found, onset = [], Fraction(0)
    following = _first_pitches(tune)
    full = after.meter.bar_quarters
    plain = with_repeat_signs(tune)
    for bar, signed in zip(tune.bars, plain, strict=True):
        shift = missing_before(signed, plain[bar.index - 1] if bar.index else None)
        notes = _carry_bar(bar, bar.key or tune.key, shift, before, after, following[bar.index])
        placed, at = [], onset
        for note in notes:
            placed.append(replace(note, onset=at))
            at += note.duration
        found.append(
            replace(bar, notes=tuple(placed), onset=onset, actual=at - onset, expected=full,
                    meter=after.meter, tempo_qpm=None)
        )  # fmt: skip
        onset = at
    return found


def _first_pitches(tune: Tune) -> list[int | None]:
    """For each bar the pitch with which the next one begins."""
    firsts = [next((max(one.pitches) for one in bar.notes if one.pitches), None)
              for bar in tune.bars]  # fmt: skip
    return [*firsts[1:], None]


def _carry_bar(
    bar: Bar, key: Key, shift: Fraction, before: Dance, after: Dance, following: int | None
) -> list[Note]:
    beats = _beats(bar, shift, before)
    made: list[Note] = []
    for number, (is_late, slots) in enumerate(beats):
        goal = _first_of(beats[number + 1][1]) if number + 1 < len(beats) else following
        made += _carry_beat(slots, key, before, after, goal, is_late=is_late)
    return made


def _beats(bar: Bar, shift: Fraction, dance: Dance) -> list[tuple[bool, list[Note]]]:
    """The slots of each beat: the note that sounds there; whether the first beat begins late."""
    count = int(bar.actual / dance.slot)
    sounding = [_at(bar, bar.onset + place * dance.slot) for place in range(count)]
    late = int(shift / dance.slot) % dance.slots
    first = (dance.slots - late) % dance.slots
    beats = [(True, sounding[:first])] if first else []
    return beats + [
        (False, sounding[at : at + dance.slots]) for at in range(first, count, dance.slots)
    ]


def _at(bar: Bar, moment: Fraction) -> Note:
    return next(note for note in reversed(bar.notes) if note.onset <= moment)


def _first_of(slots: Sequence[Note]) -> int | None:
    return max(slots[0].pitches) if slots and slots[0].pitches else None


def _carry_beat(
    slots: Sequence[Note], key: Key, before: Dance, after: Dance, goal: int | None, *, is_late: bool
) -> list[Note]:
    open_ended: list[Note | None] = [*slots, None]
    if len(slots) == before.slots:
        kept = [None if one is None else slots[one] for one in _KEPT[before.slots, after.slots]]
    elif is_late:  # a pickup
        kept = open_ended[:-1][-after.slots + 1 :]
    else:  # before a pickup: what it leaves of the beat
        left = len(slots) + after.slots - before.slots
        kept = open_ended[: max(left, 1)]
    return _join(kept, key, after, goal, after.slots - len(kept) if is_late else 0)


def _join(
    slots: Sequence[Note | None], key: Key, dance: Dance, goal: int | None, first: int
) -> list[Note]:
    """Notes out of slots: neighbours of one note are held, an open slot is held or filled.

    `first` is the place of the first slot in its beat.
    """
    runs: list[tuple[Note, int]] = []
    for slot in slots:
        if runs and (slot is runs[-1][0] or (slot is None and runs[-1][1] > 1)):
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        elif slot is None:
            runs.append((_towards(runs[-1][0], key, goal), 1))
        else:
            runs.append((slot, 1))
    lengths = [count * dance.slot for _note, count in runs]
    if dance.is_dotted:
        lengths = _dotted([count for _note, count in runs], dance.slot, first)
    return [
        replace(note, duration=length, tuplet=(1, 1), tuplet_left=0, tied=False, tied_pitches=(),
                tempo_qpm=None)
        for (note, _count), length in zip(runs, lengths, strict=True)
    ]  # fmt: skip


def _dotted(counts: Sequence[int], slot: Fraction, at: int) -> list[Fraction]:
    """Lengths of slots that are long and short in turn."""
    lengths = []
    for count in counts:
        length = sum((slot * (Fraction(3, 2) if place % 2 == 0 else Fraction(1, 2))
                      for place in range(at, at + count)), Fraction(0))  # fmt: skip
        lengths.append(length)
        at += count
    return lengths


def _towards(note: Note, key: Key, goal: int | None) -> Note:
    """A step from a note towards the pitch that comes next; the note again where there is none."""
    if not note.pitches:
        return note
    pitch = max(note.pitches)
    if goal is None or goal == pitch:
        moved = step_of(pitch, key, -1)
    else:
        moved = step_of(pitch, key, 1 if goal > pitch else -1)
    return Note((moved,), note.onset, note.duration, 0, 0, note.bar, key=note.key)
