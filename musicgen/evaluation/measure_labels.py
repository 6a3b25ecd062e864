"""What each measure is called and means, and how its figures are written.

The words are English; whoever shows them in another language translates them (`Translate`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from musicgen.evaluation.report.plan import Cell
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.translatable import N_ as N_  # noqa: PLC0414 - offered from here as well

Translate = Callable[[str], str]

SHARE, NUMBER, NATS, BITS = "share", "number", "nats", "bits"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure in words; `form` is how its figures are written."""

    label: str
    help: str
    form: str = SHARE


GROUPS: dict[str, dict[str, Measure]] = {
    N_("Right as notation"): {
        "readable": Measure(
            N_("Readable"),
            N_("Tunes in which every note could be read; what is only left out does not count."),
        ),
        "complete": Measure(N_("Complete"), N_("Tunes that end with a closing bar line.")),
        "in_time": Measure(N_("In time"), N_("Tunes in which every bar keeps the meter.")),
        "playable": Measure(
            N_("Playable on a fiddle"), N_("Tunes that lie within the first position, G3 to B5.")
        ),
    },
    N_("Key and harmony"): {
        "scale": Measure(
            N_("Notes in the scale"), N_("Share of a tune's notes that lie in its stated key.")
        ),
        "key_profile": Measure(
            N_("Key heard as stated"),
            N_("Tunes whose notes alone speak for the stated key (Krumhansl and Schmuckler)."),
        ),
        "tonic_end": Measure(N_("Ends on the tonic"), N_("Tunes whose last note is the tonic.")),
    },
    N_("Form"): {
        "repetition": Measure(
            N_("Repeated bars"), N_("Share of a tune's written bars that are an earlier one again.")
        ),
        "first_again": Measure(
            N_("First part twice"), N_("Tunes whose second part is the first once more.")
        ),
        "aabb": Measure(N_("AABB"), N_("Tunes of two parts, each played twice.")),
        "bars": Measure(N_("Bars"), N_("Mean number of bars as written."), NUMBER),
        "notes": Measure(N_("Notes"), N_("Mean number of notes as written."), NUMBER),
        "size": Measure(N_("Characters"), N_("Mean length of a tune as text."), NUMBER),
    },
    N_("Movement and variety"): {
        "range": Measure(
            N_("Range in semitones"), N_("Mean span from the lowest note to the highest."), NUMBER
        ),
        "leaps": Measure(N_("Leaps"), N_("Share of a tune's steps of a fourth or wider.")),
        "diversity": Measure(
            N_("Variety among tunes"),
            N_("Mean distance of two tunes by their figures of five notes: 0 the same, 1 none "
               "shared."),
            BITS,
        ),
        "distinct": Measure(
            N_("Different melodies"), N_("Melodies that did not come before in the set.")
        ),
        "longest_run": Measure(
            N_("Longest shared run"),
            N_("Characters in a row that a tune shares with a training tune: how much is copied."),
            NUMBER,
        ),
        "longest_melody": Measure(
            N_("Longest shared melody"),
            N_("Notes in a row, in any key, that a tune shares with a training tune."),
            NUMBER,
        ),
        "known": Measure(
            N_("In the training set"), N_("Tunes that are whole in one of the training tunes.")
        ),
    },
    N_("Distance from the corpus"): {
        "transitions": Measure(
            N_("Note transitions"), N_("Which note follows which, above the tonic."), BITS
        ),
        "pitches": Measure(N_("Pitches"), N_("How often each note above the tonic comes."), BITS),
        "intervals": Measure(
            N_("Melodic steps"), N_("How far the melody goes from note to note."), BITS
        ),
        "patterns": Measure(N_("Figures of four notes"), N_("Three steps in a row."), BITS),
        "lengths": Measure(N_("Note lengths"), N_("How often each length comes."), BITS),
        "rhythms": Measure(N_("Rhythms"), N_("Which length follows which."), BITS),
        "degrees": Measure(
            N_("Chords"), N_("The degree of the scale that each bar implies."), BITS
        ),
        "progressions": Measure(
            N_("Chord progressions"), N_("Which implied degree follows which."), BITS
        ),
        "characters": Measure(N_("Written characters"), N_("How often each sign comes."), BITS),
    },
    N_("While composing"): {
        "surprise": Measure(
            N_("Surprise"),
            N_("Mean surprise of the characters drawn, in nats: higher is more daring."),
            NATS,
        ),
        "grammar": Measure(
            N_("Grammar stepped in"),
            N_("Share of the characters at which the network alone would have gone wrong."),
        ),
    },
}  # fmt: skip
"""All measures of a set of tunes, by group and by name of `tune_figures.summarise_tunes`."""

MEASURES = {name: measure for group in GROUPS.values() for name, measure in group.items()}

LOSSES: dict[str, Measure] = {
    "loss": Measure(N_("Loss"), N_("Nats per character, over all text."), NATS),
    "body_loss": Measure(N_("Loss of bodies"), N_("Nats per character after the key."), NATS),
    "perplexity": Measure(
        N_("Perplexity"), N_("Among how many equally likely characters it wavers."), NATS
    ),
    "accuracy": Measure(
        N_("Characters right"), N_("Share of the characters that were its first choice.")
    ),
}
"""Figures of the loss on real tunes."""

DISTRIBUTION_AXES = {
    "pitches": N_("semitones above the tonic"),
    "intervals": N_("semitones from note to note"),
    "lengths": N_("length in quarter notes"),
    "degrees": N_("degree of the scale"),
    "characters": N_("character"),
}
"""What is across in the figure of a distribution."""

REAL_TUNES = N_("Real tunes")
FREE = N_("without the grammar")

MARKS = N_("↑ and ↓: above or below real tunes, so that the two intervals do not touch")
"""What `write_mark` says."""

_FEW = 5


def write_value(value: float, form: str) -> str:
    """A figure in its form; a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    if form == SHARE:
        return f"{100 * value:.0f} %" if value in (0, 1) else f"{100 * value:.1f} %"
    return f"{value:.1f}" if form == NUMBER else f"{value:.3f}"


def write_interval(estimate: Estimate, form: str) -> str:
    """The ends of its interval; empty where there is none.

    One without width of a few tunes says only that they are few: resampling draws the same again.
    """
    has_no_width = estimate.low == estimate.high and estimate.count < _FEW
    if not math.isfinite(estimate.low) or has_no_width:
        return ""
    low, high = (write_value(end, form).removesuffix(" %") for end in (estimate.low, estimate.high))
    return f"{low} – {high}"


def write_mark(estimate: Estimate, real: Estimate | None) -> str:
    """An arrow where a figure lies above or below that of real tunes; empty where it may be it."""
    return ("", "↑", "↓")[estimate.compare(real)] if real else ""


def name_set(cell: Cell | None, translate: Translate) -> str:
    """What a set of tunes is called."""
    if cell is None:
        return translate(REAL_TUNES)
    name = f"{cell.checkpoint} · {cell.temperature:g}"
    return f"{name} · {translate(FREE)}" if cell.is_free else name
