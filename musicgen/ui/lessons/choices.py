"""What is chosen on the page: the lesson, what one expects, and what was asked for."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from musicgen.lessons.course import LESSONS
from musicgen.lessons.lesson import Lesson, Step
from musicgen.ui.base.language import _
from musicgen.ui.base.state import Slot
from musicgen.ui.tune.models import Models

TEMPERATURE = Slot("lessons_temperature", 0.8)
UNIT = Slot("lessons_unit", 1)
"""Which of the units that were found is looked at, from 1 on."""

PRESSED: Slot[dict[tuple[str, str], int]] = Slot("lessons_pressed", {})
"""How often the button of each step was pressed in this session, by lesson and step."""

_HELD: tuple[Slot[Any], ...] = (TEMPERATURE, UNIT)
_KEY = "lessons_lesson"
_PARAMETER = "lesson"


@dataclass(frozen=True, slots=True)
class Scene:
    """A step that is drawn: of which lesson, with which models.

    `is_open` says that its question was answered, so that results may be shown.
    """

    lesson: Lesson
    step: Step
    models: Models
    is_open: bool

    def key(self, name: str) -> str:
        """The key of something in this step."""
        return f"lessons_{self.lesson.name}_{self.step.name}_{name}"


def chosen_lesson() -> Lesson:
    """The lesson that is open, before its control is drawn."""
    known = {lesson.name: lesson for lesson in LESSONS}
    for wanted in (st.session_state.get(_KEY), st.query_params.get(_PARAMETER)):
        if wanted in known:
            return known[wanted]
    return LESSONS[0]


def pick_lesson() -> Lesson:
    """The control that chooses the lesson, and the lesson that is chosen."""
    titles = {
        lesson.name: f"{number} {_(lesson.title)}" for number, lesson in enumerate(LESSONS, 1)
    }
    st.segmented_control(
        _("Lesson"),
        list(titles),
        default=chosen_lesson().name,
        key=_KEY,
        format_func=titles.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_write_address,
    )
    return chosen_lesson()


def hold() -> None:
    """Keeps what was chosen in lessons that are not open, before anything is drawn."""
    for slot in _HELD:
        slot.hold()
    for lesson in LESSONS:
        for step in lesson.steps:
            guessed = _guess(lesson, step)
            if step.question and guessed.get() is not None:
                guessed.hold()


def guess(lesson: Lesson, step: Step) -> int | None:
    """Draws the question of a step, if it has one; which answer was chosen, None for none yet."""
    if not step.question:
        return None
    choices = step.question.choices
    slot = _guess(lesson, step)
    st.radio(
        f"{_('What do you expect?')} {_(step.question.text)}",
        list(range(len(choices))),
        index=None,
        key=slot.name,
        persist_state="session",
        format_func=lambda number: _(choices[number]),
    )
    return slot.get()


def is_pressed(scene: Scene) -> int:
    """Draws the button of a step; how often it was pressed, 0 as long as it cannot be."""
    st.button(
        _(scene.step.button),
        key=scene.key("go"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=not scene.is_open,
        on_click=count_press,
        args=(scene,),
    )
    if not scene.is_open:
        st.caption(_("Choose first what you expect: nothing is graded, and one sees more."))
        return 0
    return PRESSED.get().get((scene.lesson.name, scene.step.name), 0)


def count_press(scene: Scene) -> None:
    """Remembers that the button of a step was pressed."""
    name = scene.lesson.name, scene.step.name
    PRESSED.set(PRESSED.get() | {name: PRESSED.get().get(name, 0) + 1})


def _guess(lesson: Lesson, step: Step) -> Slot[int | None]:
    return Slot(f"lessons_{lesson.name}_{step.name}_guess", None)


def _write_address() -> None:
    st.query_params[_PARAMETER] = st.session_state[_KEY]
