"""Lesson 8: what loss does not tell."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.translatable import N_

LESSON = Lesson(
    "loss",
    N_("What loss hides"),
    ":material/balance:",
    9,
    N_("Why a better loss does not mean better tunes, and what to look at besides."),
    (
        Step(
            "loss",
            N_("Measure two networks on tunes that they learned from, and on held-out tunes."),
            '!python -m musicgen evaluate --checkpoint baseline --checkpoint improved --count 2 '
            '--no-judge',
            N_("Measure both losses"),
            Question(
                N_("What does a low loss on the tunes that were learned mean?"),
                (N_("that the network composes well"), N_("that it knows these tunes"),
                 N_("that it will predict new ones")),
                N_(
                    "That it knows these tunes, and no more. The network that has the lower loss "
                    "on them may well have the higher one on tunes that it never met."
                ),
            ),
            N_(
                "Loss in nats per character: the lower bars are the better, and the distance "
                "between learned and held-out tunes is what was learned by heart."
            ),
        ),
        Step(
            "hear",
            N_("Compose one seed with both networks, without the rules of notation."),
            'for name in ("baseline", "improved"):\n'
            '    (tune,) = musicgen.compose(name, seed=5, free=True)\n'
            '    print(name, tune.public_abc, sep="\\n")',
            N_("Compose with both"),
            Question(
                N_("Which of the two will write the better tune?"),
                (N_("the one with the lower held-out loss"), N_("the other one"),
                 N_("that cannot be said")),
                N_(
                    "It cannot be said from the loss. One tune proves little, so the next step "
                    "counts: time, key and repetition are other things than the next character."
                ),
            ),
        ),
        Step(
            "measure",
            N_("Compose twelve tunes with either network, and count, next to real tunes."),
            '!python -m musicgen evaluate --checkpoint baseline --checkpoint improved --count 12 '
            '--free --no-judge',
            N_("Compose and count"),
            None,
            N_(
                "Bars are shares and means in percent, with 95 % intervals: of these bundled two "
                "the one with the worse held-out loss keeps its key and repeats bars more often."
            ),
        ),
        Step(
            "copies",
            N_("Look for the reason: the longest run that each tune shares with a learned one."),
            '(tune,) = musicgen.compose("improved", seed=5, free=True)\n'
            'musicgen.render(tune, "improved.abc")\n'
            '!python -m musicgen novelty improved.abc --checkpoint improved',
            N_("Compare with what they learned"),
            None,
            N_(
                "Each dot is a tune, its height the longest shared run in characters: tunes that "
                "look good because they are copied lie far above real ones, the dashed line."
            ),
        ),
        Step(
            "temperatures",
            N_("Measure one network at five temperatures: its held-out loss, and its tunes."),
            '!python -m musicgen evaluate --checkpoint house --count 8 --free --no-judge '
            '--temperature 0.6 --temperature 0.8 --temperature 1.0 --temperature 1.2',
            N_("Measure five temperatures"),
            Question(
                N_("Will the temperature with the lowest loss be the one with most tunes in time?"),
                (N_("yes"), N_("no, that is lower"), N_("no, that is higher")),
                N_(
                    "Mostly no: the loss is lowest near 1, for which the network was trained, and "
                    "most tunes keep time at lower temperatures."
                ),
            ),
            N_(
                "Over the temperature: the loss in nats per character in the first chart, the "
                "share of tunes in time in percent in the second, with 95 % intervals: see whether "
                "their best places are the same."
            ),
        ),
    ),
    (
        N_(
            "Loss is an average over characters. A tune is heard as a whole: a single wrong length "
            "costs almost no loss, and the beat."
        ),
        N_(
            "So one looks at several figures, at copies, and listens; and each figure has its "
            "interval, for twelve tunes are few."
        ),
        N_("Near to real tunes is the aim, not as high as possible: too much repetition is dull."),
    ),
    (
        N_("Which figure would you trust least, and why?"),
        N_("What of a tune does none of these figures measure?"),
    ),
    (
        Reading("L. Theis, A. van den Oord, M. Bethge: A Note on the Evaluation of Generative "
                "Models", 2016),
        Reading("L.-C. Yang, A. Lerch: On the Evaluation of Generative Models in Music", 2020),
    ),
)  # fmt: skip
