"""Lesson 6: units that count the bar."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.translatable import N_

UNITS = 8
"""Units that are looked at and silenced together."""

LESSON = Lesson(
    "bar-counting",
    N_("Counting bars"),
    ":material/timer:",
    8,
    N_("What a unit that counts the bar looks like, and what is lost without it."),
    (
        Step(
            "find",
            N_(
                "Let the network read held-out tunes, and find the units of its first layer that "
                "follow the bar most."
            ),
            '!python -m musicgen inspect units --checkpoint house --tunes 16 --fact place --top 8',
            N_("Find them"),
            Question(
                N_("How many of the units of a layer will say where in the bar the tune is?"),
                (N_("a single one"), N_("some, each a part of it"), N_("all alike")),
                N_(
                    "Mostly some, each a part of it: one rises through the bar, another is high "
                    "ahead of the bar line. Whether they count, or pass on what the network is "
                    "told, no chart of this kind can say: step 3 can."
                ),
            ),
            N_(
                "Bars are units, their height the share in percent of all there is to know of "
                "place, beat and bar line that a unit says, averaged over the three."
            ),
        ),
        Step(
            "colour",
            N_("Go through the eight units, and see each in the colours of a tune."),
            '!python -m musicgen inspect find --checkpoint house --tunes 16 --unit 194',
            chart=N_(
                "The value of the unit, without a unit, from -1 to 1, after each character of the "
                "text: look for a pattern that comes back with every bar line, the dotted lines."
            ),
        ),
        Step(
            "silence",
            N_(
                "Switch the eight off, then eight others drawn at random, then what the network is "
                "told of its place in the bar, and hear one seed each time without the rules of "
                "notation."
            ),
            '!python -m musicgen inspect silence --checkpoint house --seed 3 --free '
            '--units 194,532,292,11,582,293,178,430\n'
            '!python -m musicgen inspect silence --checkpoint house --seed 3 --free --place',
            N_("Switch off, and compose"),
            Question(
                N_("Without which of the three will the fewest tunes keep time?"),
                (N_("the eight units"), N_("eight others"), N_("the place it is told")),
                N_(
                    "It depends on whether somebody else counts. house is told its place with each "
                    "character: what comes in anew need not be remembered, so the eight cost next "
                    "to nothing, and without the place no bar is right. The network before it was "
                    "not told, and counted by itself: without its eight units 10 tunes of 100 kept "
                    "time in place of 81, and the key stayed; eight others cost 4."
                ),
            ),
        ),
        Step(
            "measure",
            N_("Compose twelve tunes in each of these ways, and count."),
            'for seed in (1, 2, 3):\n'
            '    !python -m musicgen inspect silence --checkpoint house --seed {seed} --free '
            '--units 194,532,292,11,582,293,178,430',
            N_("Compose and count"),
            None,
            N_(
                "Bars are shares of twelve tunes in percent, with 95 % intervals: see whose "
                "absence costs time, and whether the key is heard as often as before."
            ),
        ),
    ),
    (
        N_(
            "Networks that only predict the next character find out by themselves what is useful "
            "for it, such as where in the bar they are; what they are told they do not learn."
        ),
        N_(
            "A colour shows what a unit goes along with. Only switching it off shows what it is "
            "for."
        ),
        N_("A control belongs to it: without eight random units beside them one knows nothing."),
    ),
    (
        N_("Draw the curve of a unit that counts to six, over two bars of a jig."),
        N_("Why is it no proof that a unit counts, if its colour comes back with every bar?"),
    ),
    (
        Reading("A. Karpathy, J. Johnson, L. Fei-Fei: Visualizing and Understanding Recurrent "
                "Networks", 2016),
        Reading("A. Morcos and others: On the Importance of Single Directions for Generalization",
                2018),
    ),
)  # fmt: skip
