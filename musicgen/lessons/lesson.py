"""What a lesson is made of: steps with one action each, questions that are asked before results.

All texts are templates of the catalogues (`N_`). This package knows neither pages nor jobs: how a
step is drawn is decided in `musicgen.ui.lessons`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from musicgen.presets import Preset


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader expects, asked before a result is shown; nothing is graded.

    `answer` is what the result mostly is and why, said afterwards.
    """

    text: str
    choices: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a lesson.

    `name` is unique within the lesson, `text` says what is done. `button` is what the button says,
    empty where the action is a slider. `chart` says in one sentence what to see in the chart, its
    units included; empty where there is none. `code` does the same in a notebook.
    """

    name: str
    text: str
    code: str
    button: str = ""
    question: Question | None = None
    chart: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A paper to read on: authors and title as printed, and the year."""

    title: str
    year: int


@dataclass(frozen=True, slots=True)
class LessonRun:
    """A small training of a lesson: `key` names it within the lesson, `label` on charts."""

    key: str
    label: str
    preset: Preset


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of at most ten minutes.

    `goal` says in one sentence what one will learn, `seen` in plain words what one has seen, and
    `tasks` are questions for the worksheet. `needs_model` says that a trained model is needed to
    begin with; `runs` are trained along the way.
    """

    name: str
    title: str
    icon: str
    minutes: int
    goal: str
    steps: tuple[Step, ...]
    seen: tuple[str, ...]
    tasks: tuple[str, ...]
    reading: tuple[Reading, ...]
    runs: tuple[LessonRun, ...] = ()

    @property
    def needs_model(self) -> bool:
        """Whether a trained model must be there to begin with."""
        return not self.runs

    def texts(self) -> Iterator[str]:
        """All texts that are translated."""
        yield from (self.title, self.goal, *self.seen, *self.tasks)
        yield from (run.label for run in self.runs)
        for step in self.steps:
            yield from filter(None, (step.text, step.button, step.chart))
            if step.question:
                yield from (step.question.text, *step.question.choices, step.question.answer)
