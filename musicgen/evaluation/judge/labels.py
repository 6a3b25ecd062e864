"""What the judge's detectors and figures are called, and how its findings are written.

The words are English; whoever shows them in another language translates them.
"""

from collections.abc import Iterable, Sequence

from musicgen.evaluation.judge.result import MIN_TUNES, Giveaway, Judgement
from musicgen.evaluation.measure_labels import BITS, NUMBER, SHARE, Measure, Translate, write_value
from musicgen.translatable import N_

DETECTORS: dict[str, Measure] = {
    "ngrams": Measure(
        N_("Runs of notes"),
        N_("Which runs of one to four notes come how often: tf-idf and logistic regression."),
    ),
    "figures": Measure(
        N_("Figures of the whole tune"),
        N_("Form, range, ending, repetition: a forest of extremely randomized trees."),
    ),
    "sequence": Measure(
        N_("A network over the notes"),
        N_("A small convolutional network that reads them in order."),
    ),
}
"""The detectors by name of `detectors.DETECTORS`."""

FIGURES: dict[str, Measure] = {
    "bars": Measure(N_("Bars"), N_("Bars as written."), NUMBER),
    "notes_per_bar": Measure(N_("Notes in a bar"), N_("Mean number of notes in a bar."), NUMBER),
    "ends_on_tonic": Measure(N_("Ends on the tonic"), N_("Tunes whose last note is the tonic.")),
    "last_note_quarters": Measure(
        N_("Last note in quarters"), N_("Length of the last note in quarter notes."), NUMBER
    ),
    "starts_on_tonic": Measure(
        N_("Begins on the tonic"), N_("Tunes whose first note is the tonic.")
    ),
    "starts_on_fifth": Measure(
        N_("Begins on the fifth"), N_("Tunes whose first note is the fifth of the key.")
    ),
    "range": Measure(N_("Range in semitones"), N_("From the lowest note to the highest."), NUMBER),
    "lowest": Measure(
        N_("Lowest note"), N_("Semitones above the tonic in the middle of the tune."), NUMBER
    ),
    "highest": Measure(
        N_("Highest note"), N_("Semitones above the tonic in the middle of the tune."), NUMBER
    ),
    "spread": Measure(
        N_("Spread of the pitches"), N_("Standard deviation of the pitches in semitones."), NUMBER
    ),
    "tonic_share": Measure(N_("Tonic"), N_("Share of the notes that are the tonic.")),
    "fifth_share": Measure(N_("Fifth"), N_("Share of the notes that are the fifth of the key.")),
    "in_scale": Measure(N_("Notes in the scale"), N_("Share of the notes that lie in the key.")),
    "leaps": Measure(N_("Leaps"), N_("Share of the steps of a fourth or wider.")),
    "octaves": Measure(N_("Leaps of an octave"), N_("Share of the steps of an octave or wider.")),
    "same_pitch": Measure(N_("Repeated notes"), N_("Share of the steps that stay on the note.")),
    "turns": Measure(
        N_("Turns of the melody"), N_("Share of the steps that go against the one before.")
    ),
    "eighths": Measure(N_("Eighth notes"), N_("Share of the notes that are eighths.")),
    "lengths_entropy": Measure(
        N_("Variety of lengths"), N_("Entropy of the note lengths of a tune in bits."), BITS
    ),
    "degrees_entropy": Measure(
        N_("Variety of pitches"), N_("Entropy of the pitches above the tonic in bits."), BITS
    ),
    "steps_entropy": Measure(
        N_("Variety of steps"), N_("Entropy of the steps from note to note in bits."), BITS
    ),
    "bar_again_1": Measure(
        N_("Same as the bar before"), N_("Share of the bars that are the bar before once more.")
    ),
    "bar_again_2": Measure(
        N_("Same as two bars before"), N_("Share of the bars that are the one two bars before.")
    ),
    "bar_again_4": Measure(
        N_("Same as four bars before"), N_("Share of the bars that are the one four bars before.")
    ),
    "bar_again_8": Measure(
        N_("Same as eight bars before"),
        N_("Share of the bars that are the one eight bars before."),
    ),
    "three_equal_bars": Measure(
        N_("Three equal bars in a row"), N_("Tunes in which a bar comes three times in a row.")
    ),
    "distinct_bars": Measure(
        N_("Different bars"), N_("Share of the bars that did not come before in the tune.")
    ),
    "rests": Measure(N_("Rests"), N_("Share of notes and rests that are rests.")),
}
"""The figures by name of `features.FIGURES`."""

TITLE = N_("Can they be told from real tunes?")
MEANING = N_(
    "Detectors learn from some of the tunes and judge the others. A random real tune is found more "
    "real than a random composed one with this probability; 50 % is chance."
)
CONTROL = N_("Control: real beside real")
CONTROL_MEANING = N_(
    "The control has other real tunes in the place of composed ones: it shows how far from 50 % "
    "chance alone leads."
)
GIVEAWAYS_TITLE = N_("What gives them away")
GIVEAWAYS_MEANING = N_(
    "The figures that differ most, and their gap in standard deviations: above 0 where composed "
    "tunes have more. By chance alone one in twenty would be marked."
)
NO_GIVEAWAY = N_("No single figure differs by more than chance would explain.")
METHOD = N_(
    "Detectors read the notes in any key, not titles, fields or layout. Each tune is judged by "
    "detectors that saw neither it nor a variant of it (five-fold cross-validation, variants in "
    "one fold); both sides have equally many tunes. The intervals are those of the bootstrap over "
    "tunes, half as wide again, as detectors learn from mostly the same tunes. The better a "
    "detector tells them apart, the more the tunes give themselves away; other detectors may find "
    "more."
)

MOST_SHOWN = 6
"""Figures that are shown of those that give tunes away."""

_TOO_FEW = N_(
    "Not judged: detectors need {least} different tunes of each side, and there are {count}."
)
_NO_CONTROL = N_("There is no control: it takes {least} real tunes beside {least} others.")


def name_figure(name: str) -> Measure:
    """A figure in words; one of another version has its name alone."""
    return FIGURES.get(name) or Measure(name, "", NUMBER)


def name_detector(name: str) -> Measure:
    """A detector in words; one of another version has its name alone."""
    return DETECTORS.get(name) or Measure(name, "", SHARE)


def list_detectors(judgements: Iterable[Judgement | None]) -> list[str]:
    """The detectors that were asked, each once."""
    return list(dict.fromkeys(one.detector for item in judgements if item for one in item.verdicts))


def widest_figures(judgements: Iterable[Judgement | None]) -> list[str]:
    """The figures that give some set away, the widest gap first, at most `MOST_SHOWN`.

    Gaps that may be chance are left out.
    """
    widest: dict[str, float] = {}
    for item in judgements:
        for one in item.giveaways if item else ():
            if not one.may_be_chance:
                gap = abs(one.gap.value)
                widest[one.figure] = max(widest.get(one.figure, 0.0), gap)
    return sorted(widest, key=lambda name: -widest[name])[:MOST_SHOWN]


def write_gap(giveaway: Giveaway) -> str:
    """The gap of a figure with its sign, such as ``−0.55``."""
    return f"{giveaway.gap.value:+.2f}".replace("-", "−")


def write_gap_mark(giveaway: Giveaway) -> str:
    """An arrow where composed tunes have more or less; empty where that may be chance."""
    if giveaway.may_be_chance:
        return ""
    return "↑" if giveaway.gap.value > 0 else "↓"


def write_mean(giveaway: Giveaway, *, of_real: bool = False) -> str:
    """The mean of a figure over one of the sides, in its form."""
    mean = giveaway.real if of_real else giveaway.composed
    return write_value(mean.value, name_figure(giveaway.figure).form)


def explain_gaps(
    control: Judgement | None, judgements: Sequence[Judgement], translate: Translate
) -> list[str]:
    """Why something was not judged, a sentence each; empty where all was."""
    few = [item.tunes for item in judgements if item.has_too_few]
    if few:
        sentence = translate(_TOO_FEW).format(least=MIN_TUNES, count=min(few))
    elif control is not None and control.has_too_few:
        sentence = translate(_NO_CONTROL).format(least=MIN_TUNES)
    else:
        return []
    return [sentence]
