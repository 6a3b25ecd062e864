"""What makes two tunes the same music, however they are written."""

from musicgen.notation.model import Bar, Key, Meter, Note, Tune
from musicgen.notation.parsing.fields import same_key, same_meter


def sounding(tune: Tune) -> list[tuple[object, ...]]:
    """What is heard: pitch, onset and duration of every note in playing order."""
    return [(n.pitch, n.onset, n.duration, n.is_grace) for n in tune.performance]


def differences(one: Tune, other: Tune) -> list[str]:
    """Names of what two tunes do not have in common; none if they are the same music."""
    checks = {
        "sound": sounding(one) == sounding(other),
        "play order": one.play_order == other.play_order,
        "number of bars": len(one.bars) == len(other.bars),
        "bars": all(map(_is_same_bar, one.bars, other.bars)),
        "key": same_key(one.key, other.key),
        "meter": same_meter(one.meter, other.meter),
        "unit note length": one.unit_quarters == other.unit_quarters,
        "tempo": one.tempo_qpm == other.tempo_qpm,
        "titles": one.titles == other.titles,
        "rhythm": one.rhythm == other.rhythm,
    }
    return [name for name, holds in checks.items() if not holds]


def _is_same_bar(one: Bar, other: Bar) -> bool:
    return (
        list(map(_values, one.notes)) == list(map(_values, other.notes))
        and (one.expected, one.actual) == (other.expected, other.actual)
        and (one.ending, one.part, one.tempo_qpm) == (other.ending, other.part, other.tempo_qpm)
        and one.heading == other.heading
        and all(map(_is_same_key, one.notes, other.notes))
        and sorted(map(repr, one.marks)) == sorted(map(repr, other.marks))
        and _has_same_signature(one.key, other.key, one.meter, other.meter)
    )


def _is_same_key(one: Note, other: Note) -> bool:
    assert one.key
    assert other.key
    return same_key(one.key, other.key)


def _has_same_signature(
    key: Key | None, other_key: Key | None, meter: Meter | None, other_meter: Meter | None
) -> bool:
    assert key and other_key and meter and other_meter
    return same_key(key, other_key) and same_meter(meter, other_meter)


def _values(note: Note) -> tuple[object, ...]:
    return (
        note.pitches,
        note.duration,
        note.tied_pitches,
        note.graces,
        note.grace_quarters,
        note.chord_symbol,
        note.decorations,
        note.tuplet,
        note.tuplet_left,
        note.tempo_qpm,
    )
