"""Lesson 2: learning by heart, on purpose."""

from musicgen.lessons.lesson import Lesson, Question, Reading, Step
from musicgen.lessons.trainings import FEW, MEDIUM, SHORT, make_run
from musicgen.translatable import N_

LESSON = Lesson(
    "memorizing",
    N_("By heart"),
    ":material/psychology:",
    9,
    N_("How a network learns tunes by heart, and how held-out tunes and shared runs show it."),
    (
        Step(
            "train",
            N_(
                "Train on sixteen tunes, without dropout and for many steps, while eight tunes are "
                "held out."
            ),
            '!python -m musicgen lessons tunebooks\n'
            'seen = []\n'
            'model = musicgen.train(\n'
            '    "heart", "quick", on_step=seen.append, source="lesson-few", kind="lstm",\n'
            '    position=False, relative=False, described=False, embedding_dim=64,\n'
            '    hidden_size=192, dropout=0.0, carry_state=True, batch_size=8, seq_len=128,\n'
            '    average=0.0, schedule="constant", warmup_steps=0, max_steps=400,\n'
            '    eval_interval=20, samples=0,\n'
            ')\n'
            'for step in seen:\n'
            '    if step.val_loss is not None:\n'
            '        print(step.step, round(step.train_loss, 3), round(step.val_loss, 3))',
            N_("Train on sixteen tunes"),
            Question(
                N_("What will the loss on held-out tunes do?"),
                (
                    N_("it falls as that of the training tunes does"),
                    N_("it falls, and then stays where it is"),
                    N_("it falls, and then rises"),
                ),
                N_(
                    "It falls while the network learns how tunes are written, and rises when it "
                    "goes on to learn these sixteen by heart: it becomes ever more certain of "
                    "what holds for them alone."
                ),
            ),
            N_(
                "Loss in nats per character over the steps: the thin line, of training tunes, goes "
                "on falling; where the thick one, of held-out tunes, turns upwards, learning by "
                "heart begins."
            ),
        ),
        Step(
            "recite",
            N_(
                "Let the network of the best step and that of the last step hear the first 25 "
                "characters of each tune, and count how many they go on with word for word."
            ),
            '(tune,) = musicgen.compose(model, seed=1, temperature=0.3, free=True)\n'
            'print(tune.public_abc)',
            N_("Let both recite"),
            Question(
                N_("How many of the sixteen will the last network recite?"),
                (N_("none"), N_("some"), N_("most of them")),
                N_(
                    "Most of them, twelve of sixteen or so, and none that was held out. The "
                    "network of the best step knows few by heart or none, though both learned "
                    "from the same tunes."
                ),
            ),
            N_(
                "Shares in percent of the tunes whose next 50 characters come exactly, with 95 % "
                "intervals: tunes that were learned on the left, held-out ones on the right."
            ),
        ),
        Step(
            "catch",
            N_(
                "Compose eight tunes with either network, and look for the longest stretch that "
                "each shares with a tune that was learned."
            ),
            'musicgen.render(tune, "caught.abc")\n'
            '!python -m musicgen novelty caught.abc --checkpoint heart',
            N_("Compose, and compare"),
            None,
            N_(
                "Each dot is a tune, its height the longest shared run in characters: real tunes "
                "share some dozen with one another, copies a hundred and more."
            ),
        ),
        Step(
            "hear",
            N_("Hear the tune with the longest shared run, next to the tune that it was taken of."),
            'from IPython.display import Audio, display\n'
            'display(Audio(str(musicgen.render(tune, "caught.wav"))))',
            N_("Show both tunes"),
        ),
    ),
    (
        N_("A low training loss alone says nothing: a network that copies has the lowest of all."),
        N_(
            "Tunes that are held out show it in time, and the best step is where their loss is "
            "lowest."
        ),
        N_(
            "A shared run catches copies in a single tune, also where no training is at hand to "
            "look at."
        ),
    ),
    (
        N_("At which step would you have stopped, and how do you know?"),
        N_("Name two ways to make it harder for a network to learn by heart."),
    ),
    (
        Reading("N. Carlini and others: Quantifying Memorization Across Neural Language Models",
                2023),
        Reading("B. Sturm and others: Music Transcription Modelling and Composition Using Deep "
                "Learning", 2016),
    ),
    (
        make_run("few", N_("sixteen tunes"), MEDIUM,
                 SHORT.replace(source=FEW, batch_size=8, seq_len=128, carry_state=True,
                               max_steps=400, eval_interval=20)),
    ),
)  # fmt: skip
