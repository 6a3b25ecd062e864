"""Lesson 4: memory that is carried on."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.lessons.trainings import SHORT, SMALL, make_run
from musicgen.translatable import N_

_STEPS = SHORT.replace(batch_size=64, seq_len=4, max_steps=500, eval_interval=50, grad_clip=1.0)

LESSON = Lesson(
    "memory",
    N_("Remembering"),
    ":material/memory:",
    8,
    N_("Why a network must carry its memory from one stretch of text to the next."),
    (
        Step(
            "train",
            N_(
                "Train the same network twice on stretches of four characters: once it begins each "
                "with an empty memory, once it carries its memory on."
            ),
            'curves = {}\n'
            'for carry in (False, True):\n'
            '    seen = []\n'
            '    musicgen.train(\n'
            '        f"carry-{carry}", "quick", on_step=seen.append, kind="lstm",\n'
            '        position=False, relative=False, described=False, embedding_dim=48,\n'
            '        hidden_size=128, dropout=0.0, average=0.0, batch_size=64, seq_len=4,\n'
            '        schedule="constant", warmup_steps=0, carry_state=carry, max_steps=500,\n'
            '        eval_interval=50, samples=0,\n'
            '    )\n'
            '    curves[carry] = [s.val_loss for s in seen if s.val_loss is not None]\n'
            'print(curves)',
            N_("Train both"),
            Question(
                N_("Which of the two will predict held-out tunes better?"),
                (N_("the one that forgets"), N_("the one that carries on"),
                 N_("there is no difference")),
                N_(
                    "The one that carries on. What is further back than four characters, even the "
                    "beginning of the bar, the other one never had in its memory while it was "
                    "trained, so it never learns to use it."
                ),
            ),
            N_(
                "Loss in nats per character over the steps: the distance of the two thick lines, "
                "of held-out tunes, is what a longer memory is worth."
            ),
        ),
        Step(
            "place",
            N_("Measure the loss of both along held-out tunes, from their first character on."),
            '!python -m musicgen inspect along --checkpoint carry-False --tunes 40\n'
            '!python -m musicgen inspect along --checkpoint carry-True --tunes 40',
            N_("Measure along the tunes"),
            Question(
                N_("Where in a tune will the two differ most?"),
                (N_("at its beginning"), N_("later on"), N_("everywhere alike")),
                N_(
                    "Everywhere, more or less: from the fifth character on one of the two is where "
                    "it never was in training. Longer stretches bring them together: of eight "
                    "characters the distance is a third as large, and small in the header; of "
                    "sixteen hardly any is left in so short a training."
                ),
            ),
            N_(
                "Loss in nats per character over the place in the tune, in characters: one line "
                "for each network; the dotted line is where the stretches of the training ended."
            ),
        ),
        Step(
            "hear",
            N_("Compose one seed with both, without the rules of notation."),
            'for carry in (False, True):\n'
            '    (tune,) = musicgen.compose(f"carry-{carry}", seed=1, free=True)\n'
            '    print(carry, tune.public_abc, sep="\\n")',
            N_("Compose with both"),
        ),
    ),
    (
        N_(
            "Gradients reach back to the beginning of a stretch and no further. The state can be "
            "carried on beyond it, and then says what happened before."
        ),
        N_(
            "A network that always begins anew learns to do without a past, and stays so when it "
            "composes."
        ),
        N_("Carrying the memory on costs no time: the same steps, and a better network."),
    ),
    (
        N_("What could a tune say in its first line that matters in its last bar?"),
        N_("Why does a longer stretch help as well, and what does it cost?"),
    ),
    (
        Reading("S. Hochreiter, J. Schmidhuber: Long Short-Term Memory", 1997),
        Reading("R. Williams, J. Peng: An Efficient Gradient-Based Algorithm for On-Line Training "
                "of Recurrent Network Trajectories", 1990),
    ),
    (
        make_run("apart", N_("begins anew"), SMALL, _STEPS.replace(carry_state=False)),
        make_run("carried", N_("carries on"), SMALL, _STEPS.replace(carry_state=True)),
    ),
)  # fmt: skip
