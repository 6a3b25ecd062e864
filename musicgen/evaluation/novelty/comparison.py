"""Is it copied? What a tune shares with the tunes a network learned from.

Two ways of comparing. **Characters**: the body of a tune (what follows its first ``K:`` line)
without white space and ``!``, so that the places of line ends do not count, and otherwise as it is
written. **Melody**: one symbol for each note and rest, which says by how many semitones it is
reached from the note before and how long it lasts in quarter notes; so it is the same in every key
and octave. Tied notes are one, of a chord the highest pitch counts, grace notes do not.

For each of the two: the **longest run**, which is the longest common substring with any one tune,
by which Sturm and others look for copies in what folk-rnn wrote ("Music transcription modelling and
composition using deep learning", 2016); and the **share of n-grams** of the tune that stand in any
tune, a cardinality score as in Yin, Reuben, Stepney and Collins ("Measuring when a music generation
algorithm copies too much", SN Computer Science 3, 2022), turned round: 0 is all new. A tune is
**known** where one tune holds the whole of its body or melody, as makemore (Karpathy, 2022) sorts
samples into those in the training set and new ones.

What such figures mean is seen beside **real tunes**: each tune of the index is compared with all
others, those of its own title left out, as far as `corpus.split.title_key` tells (letters and
digits, no article, no accent). A variant under quite another title stays in, so the longest of the
real runs are variants.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.corpus.cleaning import CorpusTune
from musicgen.corpus.split import title_key
from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.novelty.suffix_array import (
    SENTINEL,
    Integers,
    Match,
    SuffixIndex,
    SuffixTable,
)
from musicgen.notation.model import Note
from musicgen.notation.parsing.reader import read_tune

CHARACTER_GRAM = 10
"""Characters of an n-gram: two or three beats. A real tune of the lab shares a tenth of its own."""

MELODY_GRAM = 8
"""Notes and rests of an n-gram: a bar of a reel."""

UNUSUAL_PERCENTILE = 90

Span = tuple[int, int]

_TICKS = 48
_DURATIONS = 4096
_REST = 254
_SURROGATES, _SURROGATE_COUNT = 0xD800, 0x800


@dataclass(frozen=True, slots=True)
class Symbols:
    """A tune as a sequence of symbols, with the span of each in the text of the tune."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a tune shares with the tunes of an index, in characters or in melody.

    `longest` counts symbols; `span` says where the longest run stands in the text of the tune,
    `tune` in which tune of the index it stands, too (-1 for none). `share` is the share 0..1 of
    its n-grams that stand in any tune; NaN for a tune too short to have one.
    """

    longest: int
    share: float
    span: Span
    tune: int


@dataclass(frozen=True, slots=True)
class Novelty:
    """How new a tune is.

    `nearest` is the tune of the index with the most of its melody's n-grams, else the one with its
    longest run of melody, else of characters (-1 where nothing is shared); `nearest_share` is the
    share 0..1 of the n-grams it has. `is_known` says that one tune holds the whole body or melody.
    `unusual` lists the spans of runs of melody longer than those of nine in ten real tunes.
    """

    characters: Likeness
    melody: Likeness
    nearest: int
    nearest_share: float
    is_known: bool
    unusual: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class RealFigures:
    """The same figures of real tunes (number of tunes,): longest runs, and shares of n-grams."""

    longest: NDArray[np.int64]
    share: NDArray[np.float64]

    def percentile(self, percent: float) -> float:
        """The longest run at a percentile; NaN without tunes."""
        return float(np.percentile(self.longest, percent)) if len(self.longest) else math.nan

    @property
    def median(self) -> float:
        """The median of the longest runs; NaN without tunes."""
        return self.percentile(50)


@dataclass(frozen=True, eq=False)
class NoveltyIndex:
    """Tunes to compare with, and what they share with one another."""

    tunes: tuple[CorpusTune, ...]
    characters: SuffixIndex
    melody: SuffixIndex
    real_characters: RealFigures
    real_melody: RealFigures


def body_symbols(text: str) -> Symbols:
    """The characters of a tune's body, without white space and ``!``."""
    start = body_start(text)
    kept = [
        (at, sign)
        for at, sign in enumerate(text[start:], start)
        if not sign.isspace() and sign not in (SENTINEL, "!")
    ]
    return Symbols("".join(sign for _, sign in kept), tuple((at, at + 1) for at, _ in kept))


def melody_symbols(text: str) -> Symbols:
    """The moves of a tune's melody: one symbol for each note and rest after its first note.

    The span of a move begins with the note it comes from. Durations are rounded to 1/48 of a
    quarter note. Empty for fewer than two notes.
    """
    moves: list[tuple[int, float, Span]] = []
    last: Note | None = None
    held: int | None = None
    for note in read_tune(text)[0].notes:
        if note.is_rest:
            if last is not None:
                moves.append((_REST, float(note.duration), (last.start, note.end)))
            held = None
            continue
        pitch = max(note.pitches)
        if last is not None and pitch == held and moves:
            step, duration, (start, _) = moves[-1]
            moves[-1] = (step, duration + float(note.duration), (start, note.end))
        elif last is not None and pitch != held:
            step = min(max(pitch - max(last.pitches), -126), 126) + 127
            moves.append((step, float(note.duration), (last.start, note.end)))
        last, held = note, pitch if pitch in note.tied_pitches else None
    signs = "".join(_sign(step, duration) for step, duration, _ in moves)
    return Symbols(signs, tuple(span for *_, span in moves))


def _sign(step: int, duration_quarters: float) -> str:
    """A character for a move, none of them `SENTINEL` or half of a surrogate pair."""
    ticks = min(round(duration_quarters * _TICKS), _DURATIONS - 1)
    code = 1 + step * _DURATIONS + ticks
    return chr(code if code < _SURROGATES else code + _SURROGATE_COUNT)


def build_index(tunes: Sequence[CorpusTune], melodies: Sequence[str] | None = None) -> NoveltyIndex:
    """An index of tunes, in a second or two for 4,000 of them once their melodies are read.

    Args:
        tunes: What to compare with; may be empty.
        melodies: The symbols of `melody_symbols` for each tune, where they are known already.
    """
    if melodies is None:
        melodies = [melody_symbols(tune.text).text for tune in tunes]
    titles: dict[str, int] = {}
    groups = [titles.setdefault(title_key(tune), len(titles)) for tune in tunes]
    characters = SuffixTable.build([body_symbols(tune.text).text for tune in tunes])
    real_characters = _real(characters, groups, CHARACTER_GRAM)
    melody = SuffixTable.build(melodies)
    real_melody = _real(melody, groups, MELODY_GRAM)
    return NoveltyIndex(tuple(tunes), characters.index, melody.index, real_characters, real_melody)


def _real(table: SuffixTable, groups: Sequence[int], gram: int) -> RealFigures:
    longest = table.longest_elsewhere(groups)
    return RealFigures(
        np.array([lengths.max(initial=0) for lengths in longest], dtype=np.int64),
        np.array([share_of_grams(lengths, gram) for lengths in longest], dtype=np.float64),
    )


def share_of_grams(lengths: Sequence[int] | Integers, gram: int) -> float:
    """The share 0..1 of a sequence's n-grams that stand elsewhere; NaN where it has none.

    Args:
        lengths: For each place the longest match that begins there.
        gram: Symbols of an n-gram.
    """
    grams = np.asarray(lengths[: max(0, len(lengths) - gram + 1)])
    return float(np.mean(grams >= gram)) if len(grams) else math.nan


def compare(index: NoveltyIndex, text: str, without: Collection[int] = ()) -> Novelty:
    """How new a tune is beside the tunes of an index, in some milliseconds.

    Args:
        index: The tunes to compare with.
        text: The tune, in ABC; without a body it shares nothing.
        without: Tunes of the index not to compare with, such as the tune itself.
    """
    body, melody = body_symbols(text), melody_symbols(text)
    body_matches = index.characters.match(body.text, without)
    melody_matches = index.melody.match(melody.text, without)
    characters = _likeness(body, body_matches, CHARACTER_GRAM)
    moves = _likeness(melody, melody_matches, MELODY_GRAM)
    nearest, share = _nearest(index.melody, melody.text, without)
    if nearest < 0:
        nearest = moves.tune if moves.tune >= 0 else characters.tune
    usual = index.real_melody.percentile(UNUSUAL_PERCENTILE)
    return Novelty(
        characters,
        moves,
        nearest,
        share,
        bool(body.text and characters.longest == len(body.text))
        or bool(melody.text and moves.longest == len(melody.text)),
        tuple(
            _span(melody, place, match.length)
            for place, match in _maximal(melody_matches)
            if match.length > usual
        ),
    )


def _likeness(symbols: Symbols, matches: Sequence[Match], gram: int) -> Likeness:
    place, best = max(enumerate(matches), key=lambda item: item[1].length, default=(0, None))
    share = share_of_grams([match.length for match in matches], gram)
    if best is None or not best.length:
        return Likeness(0, share, (0, 0), -1)
    return Likeness(best.length, share, _span(symbols, place, best.length), best.sequence)


def _span(symbols: Symbols, place: int, length: int) -> Span:
    return symbols.spans[place][0], symbols.spans[place + length - 1][1]


def _maximal(matches: Sequence[Match]) -> list[tuple[int, Match]]:
    """Place and match of every run that is no part of the one that begins before it."""
    before = [0, *(match.length for match in matches)]
    return [
        (place, match)
        for place, match in enumerate(matches)
        if match.length and match.length >= before[place]
    ]


def _nearest(melody: SuffixIndex, query: str, without: Collection[int]) -> tuple[int, float]:
    """The sequence with the most n-grams of a query, and their share; (-1, 0.0) where none has."""
    grams = {query[at : at + MELODY_GRAM] for at in range(len(query) - MELODY_GRAM + 1)}
    found = Counter(
        int(number) for gram in grams for number in melody.find(gram) if number not in without
    )
    if not found:
        return -1, 0.0
    nearest = min(found, key=lambda number: (-found[number], number))
    return nearest, found[nearest] / len(grams)


def shared_melody(text: str, other: str) -> tuple[int, Span, Span]:
    """The longest run of melody that two tunes share: its length, and its span in each text."""
    ours, theirs = melody_symbols(text), melody_symbols(other)
    index = SuffixTable.build([theirs.text]).index
    matches = index.match(ours.text)
    place, best = max(enumerate(matches), key=lambda item: item[1].length, default=(0, None))
    if best is None or not best.length:
        return 0, (0, 0), (0, 0)
    return best.length, _span(ours, place, best.length), _span(theirs, best.position, best.length)


def merge_spans(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
