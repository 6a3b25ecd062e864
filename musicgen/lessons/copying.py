"""Lesson 7: copying from oneself, and echoes."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.translatable import N_

LESSON = Lesson(
    "copying",
    N_("Echoes"),
    ":material/graphic_eq:",
    7,
    N_("How a network takes up what a tune has said before, and what tunes are without that."),
    (
        Step(
            "hear",
            N_("Compose one seed with the echoes and without them, and hear both."),
            '!python -m musicgen inspect silence --checkpoint house --seed 3 --echoes',
            N_("Compose with and without"),
            Question(
                N_("What will the tune without echoes lack?"),
                (N_("right notes"), N_("turns that come again"), N_("an end")),
                N_(
                    "Mostly turns that come again: each bar fits the one before, and yet the tune "
                    "never comes back to what it began with. Listen for its second half."
                ),
            ),
        ),
        Step(
            "measure",
            N_("Compose twelve tunes in both ways, and count, next to real tunes."),
            'repeated = []\n'
            'for tune in musicgen.compose(model, seed=1, count=12, candidates=1):\n'
            '    bars = [bar.strip() for bar in tune.public_abc.split("|") if bar.strip()]\n'
            '    repeated.append(1 - len(set(bars)) / len(bars))\n'
            'print("bars that come again:", round(sum(repeated) / len(repeated), 2))',
            N_("Compose and count"),
            Question(
                N_("In real tunes, how many bars are an earlier bar once more?"),
                (N_("hardly any"), N_("about a third"), N_("most of them")),
                N_(
                    "About a third in dance tunes. With echoes a network comes near to that, "
                    "without them it does not: a state of some hundred numbers cannot hold every "
                    "note of four bars."
                ),
            ),
            N_(
                "Bars are means and shares in percent, with 95 % intervals: look at how near each "
                "way comes to real tunes, not at which is higher."
            ),
        ),
        Step(
            "place",
            N_("Measure the loss along held-out tunes, with the echoes and without them."),
            '!python -m musicgen evaluate --checkpoint house --count 2 --no-judge',
            N_("Measure along the tunes"),
            Question(
                N_("Where in a tune will echoes help most?"),
                (N_("at its beginning"), N_("later on"), N_("everywhere alike")),
                N_(
                    "Later on. At the beginning there is nothing yet that could come again; where "
                    "the first bars return, the network with echoes is nearly certain of each "
                    "note."
                ),
            ),
            N_(
                "Loss in nats per character over the place in the tune, in characters: the lower "
                "of the two lines is the better, and their distance is what copying is worth "
                "there."
            ),
        ),
    ),
    (
        N_(
            "An echo network is shown what would come next if the tune repeated itself, and learns "
            "when to trust that."
        ),
        N_(
            "To repeat oneself is no copying: what comes again is the tune's own, and tunes of "
            "others are not at hand."
        ),
        N_("Repetition is half of what makes a tune; a mechanism for it is worth more than size."),
    ),
    (
        N_("Name a song that you know. Which of its lines come again, and which do not?"),
        N_("What is the difference between an echo and learning by heart?"),
    ),
    (
        Reading("S. Merity and others: Pointer Sentinel Mixture Models", 2017),
        Reading("C.-Z. A. Huang and others: Music Transformer", 2019),
    ),
)  # fmt: skip
