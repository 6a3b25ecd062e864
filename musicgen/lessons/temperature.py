"""Lesson 1: temperature."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.translatable import N_

COMPARED = (0.3, 0.8, 1.4)
"""Temperatures that are compared."""

LESSON = Lesson(
    "temperature",
    N_("Temperature"),
    ":material/thermostat:",
    6,
    N_("What the temperature does to each choice of a network, and what it makes of a tune."),
    (
        Step(
            "next",
            N_("Move the temperature, and watch the probabilities of the next character."),
            '!python -m musicgen temperature --checkpoint house --temperature 0.3 '
            '--temperature 0.8 --temperature 1.4',
            chart=N_(
                "Each pair of bars is a character that may come next, in percent of probability: "
                "below 1 the highest bar grows, above 1 all bars become more alike."
            ),
        ),
        Step(
            "hear",
            N_("Compose one seed at the temperatures 0.3, 0.8 and 1.4."),
            'from IPython.display import Audio, display\n'
            'for temperature in (0.3, 0.8, 1.4):\n'
            '    (tune,) = musicgen.compose(model, seed=3, temperature=temperature, candidates=1)\n'
            '    print(temperature, tune.public_abc, sep="\\n")\n'
            '    display(Audio(str(musicgen.render(tune, f"temperature-{temperature}.wav"))))',
            N_("Compose all three"),
            Question(
                N_("At which temperature will bars come again most often?"),
                (N_("at 0.3"), N_("at 0.8"), N_("at 1.4")),
                N_(
                    "Mostly at 0.3: where the likeliest character is drawn again and again, whole "
                    "bars come again as well. One tune can be an exception, so the next step "
                    "counts more of them."
                ),
            ),
        ),
        Step(
            "measure",
            N_(
                "Compose twelve tunes at each temperature, without the rules of notation, and "
                "count."
            ),
            '!python -m musicgen evaluate --checkpoint house --count 12 --no-judge --free '
            '--temperature 0.3 --temperature 0.8 --temperature 1.4',
            N_("Compose and count"),
            Question(
                N_("How many tunes at 1.4 will keep time in every bar?"),
                (N_("nearly all"), N_("about half"), N_("few")),
                N_(
                    "Fewer than at 0.3: a bar is right only if each of its characters is, and at "
                    "a high temperature the network often draws one that it holds for unlikely "
                    "itself. How few depends on the network: of 60 tunes of house, which is told "
                    "how full the bar is, 22 kept time at 1.4; of 24 of improved, which has to "
                    "count by itself, none."
                ),
            ),
            N_(
                "Bars are shares in percent, with 95 % intervals: look for the temperature at "
                "which most tunes keep time and yet not everything is a repetition."
            ),
        ),
    ),
    (
        N_(
            "A network gives every character a probability. The temperature divides its logits "
            "before they become probabilities; it changes nothing that was learned."
        ),
        N_("Low temperatures are safe and dull, high ones are daring and make mistakes."),
        N_(
            "The seed is the dice: with the same seed and temperature the same tune comes again, "
            "to the last note."
        ),
    ),
    (
        N_("What happens at a temperature very close to 0? Why does the seed then matter little?"),
        N_("Which temperature would you choose for a session tune, and which for a new idea?"),
    ),
    (
        Reading("D. Ackley, G. Hinton, T. Sejnowski: A Learning Algorithm for Boltzmann Machines",
                1985),
        Reading("A. Holtzman and others: The Curious Case of Neural Text Degeneration", 2020),
    ),
)  # fmt: skip
