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
                    "ahead of the bar line. Nobody asked for them; whoever predicts where the next "
                    "bar line comes has to count."
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
            '!python -m musicgen inspect find --checkpoint house --tunes 16 --unit 206',
            chart=N_(
                "The value of the unit, without a unit, from -1 to 1, after each character of the "
                "text: look for a pattern that comes back with every bar line, the dotted lines."
            ),
        ),
        Step(
            "silence",
            N_(
                "Switch the eight off, and eight others drawn at random, and hear one seed three "
                "times without the rules of notation."
            ),
            '!python -m musicgen inspect silence --checkpoint house --seed 3 --free '
            '--units 206,476,447,261,428,130,12,443',
            N_("Switch off, and compose"),
            Question(
                N_("What will be lost without the eight units that count?"),
                (N_("the time"), N_("the key"), N_("both")),
                N_(
                    "Mostly the time alone: bars come out too short or too long, while the key "
                    "stays, for other units keep it. Without eight others hardly anything is lost."
                ),
            ),
        ),
        Step(
            "measure",
            N_("Compose twelve tunes in each of the three ways, and count."),
            'for seed in (1, 2, 3):\n'
            '    !python -m musicgen inspect silence --checkpoint house --seed {seed} --free '
            '--units 206,476,447,261,428,130,12,443',
            N_("Compose and count"),
            None,
            N_(
                "Bars are shares of twelve tunes in percent, with 95 % intervals: without the "
                "counting units fewer keep time, and the key is heard as often as before."
            ),
        ),
    ),
    (
        N_(
            "Networks that only predict the next character find out by themselves what is useful "
            "for it, such as where in the bar they are."
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
