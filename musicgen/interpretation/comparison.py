"""Two tunes side by side: which notes are the same, which are not, and in what the whole differs.

Of a tune as the network composes it and as it composes the same seed with something switched off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction

from musicgen.evaluation.measures.repetition import compute_repetition
from musicgen.evaluation.measures.tonality import agrees_with_profile
from musicgen.notation.analysis.checking import check_tune
from musicgen.notation.analysis.melody import melody_notes
from musicgen.notation.model import Note, Tune
from musicgen.notation.transcription.key import correlate_keys, weigh_pitches

_KINDS = {"equal": "same", "replace": "changed", "delete": "left out", "insert": "added"}


@dataclass(frozen=True, slots=True)
class AlignedNote:
    """A note of the first tune and the one of the second that stands in its place.

    `first` and `second` count the notes of each tune, None where there is none. `kind` is
    ``same`` (pitch and length), ``changed``, ``left out`` or ``added``.
    """

    kind: str
    first: int | None
    second: int | None


@dataclass(frozen=True, slots=True)
class HeardKey:
    """The key that the notes alone suggest: `tonic` is a pitch class 0..11, `mode` major or minor.

    `fit` is the correlation, -1..1, of how long each pitch class sounds with the profile of the key
    (C. L. Krumhansl and E. J. Kessler, Psychological Review 89, 1982).
    """

    tonic: int
    mode: str
    fit: float


@dataclass(frozen=True, slots=True)
class TuneReading:
    """What is measured of one tune.

    `is_in_time` says that every bar keeps time (None without a meter), `keeps_key` that the key
    heard is the one stated (None where nothing sounds), `repetition` is the share, 0..1, of bars
    that are an earlier bar (NaN without bars), `tonal_fit` the fit of the key heard, NaN for none.
    """

    is_in_time: bool | None
    is_readable: bool
    heard: HeardKey | None
    keeps_key: bool | None
    repetition: float
    bars: int
    notes: int

    @property
    def tonal_fit(self) -> float:
        """How well the key heard fits, -1..1; NaN where nothing sounds."""
        return self.heard.fit if self.heard else math.nan


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two tunes: what is measured of each, and their notes aligned."""

    first: TuneReading
    second: TuneReading
    notes: tuple[AlignedNote, ...]

    @property
    def same_share(self) -> float:
        """Share, 0..1, of the aligned places at which both have the same note; 1 of no notes."""
        same = sum(one.kind == "same" for one in self.notes)
        return same / len(self.notes) if self.notes else 1.0


def compare_tunes(first: Tune, second: Tune) -> Comparison:
    """Aligns the notes of two tunes and measures both."""
    return Comparison(read_measures(first), read_measures(second), align_notes(first, second))


def align_notes(first: Tune, second: Tune) -> tuple[AlignedNote, ...]:
    """The notes of two tunes, rests among them, in order; as many alike as possible.

    By the longest runs that both have (J. W. Ratcliff and D. E. Metzener, "Pattern Matching: The
    Gestalt Approach", 1988). Notes are alike if pitches and lengths are.
    """
    found: list[AlignedNote] = []
    matcher = SequenceMatcher(None, _contents(first), _contents(second), autojunk=False)
    for tag, begin, end, begin_second, end_second in matcher.get_opcodes():
        pairs = max(end - begin, end_second - begin_second)
        for number in range(pairs):
            one = begin + number if begin + number < end else None
            other = begin_second + number if begin_second + number < end_second else None
            kind = _KINDS[tag]
            if tag == "replace" and None in (one, other):
                kind = "left out" if other is None else "added"
            found.append(AlignedNote(kind, one, other))
    return tuple(found)


def read_measures(tune: Tune) -> TuneReading:
    """What is measured of one tune; nothing fails, whatever it is."""
    check = check_tune(tune.text)
    return TuneReading(
        is_in_time=check.is_in_time if check.is_metered or not check.notes else None,
        is_readable=check.is_readable,
        heard=hear_key(tune),
        keeps_key=agrees_with_profile(tune),
        repetition=compute_repetition(tune),
        bars=len(tune.bars),
        notes=len(tune.notes),
    )


def hear_key(tune: Tune) -> HeardKey | None:
    """The key with the best fit to how long each pitch class sounds; None where nothing does."""
    weights = weigh_pitches((note.pitch, note.quarters) for note in melody_notes(tune))
    if not any(weights):
        return None
    correlations = correlate_keys(weights)
    tonic, mode = max(correlations, key=lambda key: correlations[key])
    return HeardKey(tonic, mode, correlations[tonic, mode])


def _contents(tune: Tune) -> Sequence[tuple[tuple[int, ...], Fraction]]:
    return [_content(note) for note in tune.notes]


def _content(note: Note) -> tuple[tuple[int, ...], Fraction]:
    return note.pitches, note.duration
