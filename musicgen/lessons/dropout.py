"""Lesson 5: dropout."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.lessons.trainings import MEDIUM, SHORT, SOME, make_run
from musicgen.translatable import N_

_STEPS = SHORT.replace(source=SOME, max_steps=500)

LESSON = Lesson(
    "dropout",
    N_("Dropout"),
    ":material/grain:",
    9,
    N_("How leaving out half of the values while training keeps a network from learning by heart."),
    (
        Step(
            "train",
            N_(
                "Train the same network twice on 120 tunes: once as it is, once with a dropout of "
                "0.5."
            ),
            '!python -m musicgen lessons tunebooks\n'
            'curves = {}\n'
            'for dropout in (0.0, 0.5):\n'
            '    seen = []\n'
            '    musicgen.train(\n'
            '        f"dropout-{dropout}", "quick", on_step=seen.append, source="lesson-some",\n'
            '        kind="lstm", position=False, relative=False, described=False,\n'
            '        embedding_dim=64, hidden_size=192, dropout=dropout, carry_state=False,\n'
            '        batch_size=16, average=0.0, grad_clip=0.0, schedule="constant",\n'
            '        warmup_steps=0, learning_rate=0.005, max_steps=500, eval_interval=25,\n'
            '        samples=0,\n'
            '    )\n'
            '    curves[dropout] = [s for s in seen if s.val_loss is not None]\n'
            'for dropout, looks in curves.items():\n'
            '    print(dropout, [(s.step, round(s.val_loss, 2)) for s in looks])',
            N_("Train both"),
            Question(
                N_("Which of the two will have the lower loss on the tunes that it learns from?"),
                (N_("the one without dropout"), N_("the one with dropout")),
                N_(
                    "The one without. Dropout makes it harder to learn the training tunes, and "
                    "that is its purpose: what is left out at random cannot be relied on, so that "
                    "no chain of single values can hold a whole tune."
                ),
            ),
            N_(
                "Loss in nats per character over the steps: without dropout the thin line, of "
                "training tunes, is the lowest, and the thick one, of held-out tunes, turns "
                "upwards first."
            ),
        ),
        Step(
            "gap",
            N_("Move along the steps, and compare both losses of both networks at that moment."),
            'for dropout, looks in curves.items():\n'
            '    last = looks[-1]\n'
            '    print(dropout, "learned", last.train_loss, "held out", last.val_loss)',
            chart=N_(
                "Loss in nats per character at the chosen step: the distance between the bars of "
                "one network is what it knows of its own tunes only."
            ),
        ),
        Step(
            "hear",
            N_("Compose one seed with both, without the rules of notation."),
            'for dropout in curves:\n'
            '    (tune,) = musicgen.compose(f"dropout-{dropout}", seed=1, free=True)\n'
            '    print(dropout, tune.public_abc, sep="\\n")',
            N_("Compose with both"),
            Question(
                N_("Will one hear which of the two has seen each tune half left out?"),
                (N_("yes, it makes more mistakes"), N_("no, or the other way round")),
                N_(
                    "Mostly not. Nothing is left out when a network composes, and what plays is "
                    "the step with the lowest held-out loss of each. The measure is that loss."
                ),
            ),
        ),
    ),
    (
        N_(
            "The training loss of a network with dropout is higher, partly because dropout is at "
            "work while it is measured; that is no fault."
        ),
        N_("What counts is the loss on held-out tunes: how low it comes, and when it turns."),
        N_(
            "With few tunes dropout helps much, with many tunes and few steps hardly at all: where "
            "nothing is learned by heart yet there is nothing to prevent."
        ),
    ),
    (
        N_("What would a dropout of 0.95 do? Say why, then try it on the page Train."),
        N_("Name another way to keep a network from learning by heart, and what it costs."),
    ),
    (
        Reading("N. Srivastava and others: Dropout: A Simple Way to Prevent Neural Networks from "
                "Overfitting", 2014),
        Reading("Y. Gal, Z. Ghahramani: A Theoretically Grounded Application of Dropout in "
                "Recurrent Neural Networks", 2016),
    ),
    (
        make_run("none", N_("without dropout"), MEDIUM, _STEPS),
        make_run("half", N_("dropout 0.5"), MEDIUM.replace(dropout=0.5), _STEPS),
    ),
)  # fmt: skip
