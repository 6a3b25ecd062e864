"""Lesson 3: the learning rate."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.lessons.trainings import SHORT, SMALL, make_run
from musicgen.translatable import N_

_STEPS = SHORT.replace(max_steps=200, eval_interval=20)
RATES = {"low": 1e-4, "middle": 5e-3, "high": 0.5}
"""Learning rates of the three trainings."""

LESSON = Lesson(
    "learning-rate",
    N_("Learning rate"),
    ":material/speed:",
    8,
    N_("Why a learning rate can be too low and too high, and how curves show which."),
    (
        Step(
            "train",
            N_(
                "Train the same network three times for 200 steps, with the learning rates 0.0001, "
                "0.005 and 0.5."
            ),
            'curves = {}\n'
            'for rate in (0.0001, 0.005, 0.5):\n'
            '    seen = []\n'
            '    musicgen.train(\n'
            '        f"rate-{rate}", "quick", on_step=seen.append, kind="lstm", position=False,\n'
            '        relative=False, described=False, embedding_dim=48, hidden_size=128,\n'
            '        carry_state=False, dropout=0.0, average=0.0, grad_clip=0.0, batch_size=16,\n'
            '        schedule="constant", warmup_steps=0, learning_rate=rate, max_steps=200,\n'
            '        eval_interval=20, samples=0,\n'
            '    )\n'
            '    curves[rate] = [s.val_loss for s in seen if s.val_loss is not None]\n'
            'for rate, losses in curves.items():\n'
            '    print(rate, [round(loss, 2) for loss in losses])',
            N_("Train all three"),
            Question(
                N_("Which of the three will have the lowest loss after 200 steps?"),
                (N_("0.0001"), N_("0.005"), N_("0.5")),
                N_(
                    "0.005. With 0.0001 the steps point the right way but are too short to get far "
                    "in 200 of them; with 0.5 each step jumps past the valley that it aims at, and "
                    "the loss stays high."
                ),
            ),
            N_(
                "Loss in nats per character over the steps, on a logarithmic scale: too low a rate "
                "is a smooth line that hardly falls, too high a one jumps and stays high."
            ),
        ),
        Step(
            "step",
            N_("Move along the steps, and compare the losses of the three at that moment."),
            'for rate, losses in curves.items():\n'
            '    print(rate, "after 20 steps", losses[0], "after 200", losses[-1])',
            chart=N_(
                "Held-out loss in nats per character at the chosen step: a network that knows "
                "nothing has about 4.4, the logarithm of its 83 characters; one that has more is "
                "sure of what is wrong."
            ),
        ),
        Step(
            "hear",
            N_("Compose one seed with each of the three networks, without the rules of notation."),
            'for rate in curves:\n'
            '    (tune,) = musicgen.compose(f"rate-{rate}", seed=1, free=True)\n'
            '    print(rate, tune.public_abc, sep="\\n")',
            N_("Compose with all three"),
            Question(
                N_("What will the network with the lowest rate write?"),
                (N_("a tune"), N_("pieces of the notation"), N_("nothing that can be read")),
                N_(
                    "In 200 steps it has learned which characters are frequent and little more. "
                    "Letters that happen to be notes do sound, but there is no tune to be read. "
                    "The middle one already has bar lines, keys and notes in their places."
                ),
            ),
        ),
    ),
    (
        N_("The learning rate is the length of a step downhill, not its direction."),
        N_(
            "Too low: the curve is smooth and slow, and more steps help. Too high: the curve jumps "
            "and stays high, and more steps do not help."
        ),
        N_(
            "Many trainings begin with a high rate, after a short warm-up, and lower it step by "
            "step: large steps first, small ones at the end."
        ),
    ),
    (
        N_("Sketch the curve of a rate of 0.001. Then train it on the page Train, and compare."),
        N_("Why may the best rate change when the batch becomes larger?"),
    ),
    (
        Reading("D. Kingma, J. Ba: Adam: A Method for Stochastic Optimization", 2015),
        Reading("L. Smith: Cyclical Learning Rates for Training Neural Networks", 2017),
    ),
    (
        make_run("low", N_("too low: 0.0001"), SMALL, _STEPS.replace(learning_rate=RATES["low"])),
        make_run("middle", N_("fitting: 0.005"), SMALL,
                 _STEPS.replace(learning_rate=RATES["middle"])),
        make_run("high", N_("too high: 0.5"), SMALL, _STEPS.replace(learning_rate=RATES["high"])),
    ),
)  # fmt: skip
