"""A tune as it is to be read: moved to another key, its chords named, and where each note went."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from musicgen.notation.analysis.harmony import ChordChange, harmonise, named_chords
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import OF_ONE_TUNE, read_tune
from musicgen.notation.writing.clef_change import with_clef
from musicgen.notation.writing.transposition import transpose


@dataclass(frozen=True, slots=True)
class Sheet:
    """A tune to be shown and played.

    `origins` maps the start of each note, chord and rest in the text of `tune` to its start in the
    text that the sheet was made from.
    """

    tune: Tune
    origins: Mapping[int, int]

    @property
    def starts(self) -> dict[int, int]:
        """The way back: from a start in the first text to the start in this one."""
        return {original: start for start, original in self.origins.items()}

    def stretches(self, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Stretches of the first text, from their first note to their last, in this one."""
        ends = {note.start: note.end for note in self.tune.notes}
        pairs = sorted((original, start) for start, original in self.origins.items())
        found = []
        for first, last in spans:
            low, high = bisect_left(pairs, (first,)), bisect_left(pairs, (last,))
            if low < high:
                inside = pairs[low][1], pairs[high - 1][1]
                found.append((min(inside), ends[max(inside)]))
        return found


def make_sheet(
    tune: Tune,
    semitones: int = 0,
    has_chords: bool = False,
    original: Tune | None = None,
    *,
    clef: str = "",
    octave: int = 0,
) -> Sheet:
    """A tune moved by -24..24 semitones, with a chord symbol wherever the chord changes.

    Chords that the tune names itself stay as they are.

    Args:
        tune: What is to be read.
        semitones: How far it is moved.
        has_chords: Whether its chords are named.
        original: The tune with the same notes in whose text `Sheet.origins` are; `tune` if None.
        clef: One of `notation.analysis.clefs.CLEFS`; as the tune says if empty.
        octave: Octaves it is moved by as well, -2..2.

    Raises:
        NotationError: the tune cannot be spelled there.
    """
    inherited = [field for field in tune.fields if field[0] not in OF_ONE_TUNE]
    moved = tune
    text = with_clef(transpose(transpose(tune.text, 12 * octave), semitones), clef)
    if text != tune.text:
        moved = read_tune(text, defaults=inherited)[0]
    shown = moved
    if has_chords and not named_chords(moved):
        shown = _with_chords(moved, inherited)
    first = original or tune
    origins = {
        there.start: here.start for there, here in zip(shown.notes, first.notes, strict=False)
    }
    return Sheet(shown, MappingProxyType(origins))


def _with_chords(tune: Tune, inherited: Sequence[tuple[str, str]]) -> Tune:
    """The tune with its chords; as it is where its text has no room for them.

    Symbols can change what stands around them: ``!a!`` is a note between line ends of the old
    style, ``!"Am"a!`` an unknown decoration. Blanks keep them apart.
    """
    changes = harmonise(tune)
    for blank in ("", " "):
        shown = read_tune(write_chords(tune, changes, blank), defaults=inherited)[0]
        if _sounds_same(shown, tune):
            return shown
    return tune


def _sounds_same(one: Tune, other: Tune) -> bool:
    """Whether two tunes have the same notes in the same order."""
    return one.play_order == other.play_order and [
        (note.pitches, note.onset, note.duration, note.graces) for note in one.notes
    ] == [(note.pitches, note.onset, note.duration, note.graces) for note in other.notes]


def write_chords(tune: Tune, changes: Sequence[ChordChange], blank: str = "") -> str:
    """The text of a tune with the symbols of chords before the notes at which they begin.

    A symbol stands right before its note, behind grace notes and ornaments (ABC 2.1 §4.20), with
    `blank` on both its sides.
    """
    pieces, at = [], 0
    for change in sorted(changes, key=lambda change: change.start):
        pieces += [tune.text[at : change.start], f'{blank}"{change.chord.name}"{blank}']
        at = change.start
    return "".join([*pieces, tune.text[at:]])
