"""A lesson on the page: its goal, its steps, what one has seen, and what one can take away."""

from collections.abc import Callable

import streamlit as st

from musicgen.lessons.course import number_of
from musicgen.lessons.lesson import Lesson, Step
from musicgen.lessons.notebook import MIME_TYPE, render_notebook
from musicgen.lessons.worksheet import render_worksheet
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import LANGUAGE_TAGS, _, current_language, translations
from musicgen.ui.base.libraries import ABCJS, PLOTLY, need_library
from musicgen.ui.base.links import train_link
from musicgen.ui.lessons import (
    choices,
    echo_steps,
    loss_steps,
    memorizing_steps,
    run_steps,
    temperature_steps,
    unit_steps,
)
from musicgen.ui.lessons.choices import Scene
from musicgen.ui.lessons.training_view import train
from musicgen.ui.tune.models import Models, pick_model

ACTIONS: dict[tuple[str, str], Callable[[Scene], bool]] = {
    ("temperature", "next"): temperature_steps.next_character,
    ("temperature", "hear"): temperature_steps.one_seed,
    ("temperature", "measure"): temperature_steps.many_tunes,
    ("memorizing", "train"): train,
    ("memorizing", "recite"): memorizing_steps.recite,
    ("memorizing", "catch"): memorizing_steps.catch,
    ("memorizing", "hear"): memorizing_steps.hear_both,
    ("learning-rate", "train"): train,
    ("learning-rate", "step"): run_steps.held_out_at,
    ("learning-rate", "hear"): run_steps.hear_runs,
    ("memory", "train"): train,
    ("memory", "place"): run_steps.along_tunes,
    ("memory", "hear"): run_steps.hear_runs,
    ("dropout", "train"): train,
    ("dropout", "gap"): run_steps.gap_at,
    ("dropout", "hear"): run_steps.hear_runs,
    ("bar-counting", "find"): unit_steps.find,
    ("bar-counting", "colour"): unit_steps.colour,
    ("bar-counting", "silence"): unit_steps.switch_off,
    ("bar-counting", "measure"): unit_steps.many_tunes,
    ("copying", "hear"): echo_steps.one_seed,
    ("copying", "measure"): echo_steps.many_tunes,
    ("copying", "place"): echo_steps.along_tunes,
    ("loss", "loss"): loss_steps.both_losses,
    ("loss", "hear"): loss_steps.one_seed,
    ("loss", "measure"): loss_steps.many_tunes,
    ("loss", "copies"): loss_steps.copies,
    ("loss", "temperatures"): loss_steps.over_temperatures,
}
"""What each step of each lesson does: draws its action and its result, and says if there is one."""


def course() -> None:
    """The choice of a lesson, and that lesson."""
    need_library(PLOTLY)  # before any button whose press a new run of the page would lose
    need_library(ABCJS)
    choices.hold()
    lesson = choices.pick_lesson()
    models = Models()
    with st.container(key=f"lesson_{lesson.name}"):
        st.subheader(f"{number_of(lesson)} · {_(lesson.title)}", anchor=False)
        will_learn = _("What you will learn.")
        st.write(f"**{will_learn}** {_(lesson.goal)}")
        st.caption(_("{count} minutes at most").format(count=lesson.minutes))
        if lesson.needs_model and not models:
            _nothing_trained()
        else:
            if lesson.needs_model:
                pick_model(models)
            for number, step in enumerate(lesson.steps, 1):
                _step(lesson, number, step, models)
            _end(lesson)
        _take_away(lesson)


def _nothing_trained() -> None:
    with st.container(border=True, key="empty"):
        st.subheader(_("This lesson needs a network"), anchor=False)
        st.write(_("Train one, or begin with a lesson that trains its own, such as the second."))
        train_link()


def _step(lesson: Lesson, number: int, step: Step, models: Models) -> None:
    """A step: what to do, what one expects, the action with its result, and the answer."""
    with st.container(border=True, key=f"lessons_step_{number}"):
        st.markdown(f"**{number}** · {_(step.text)}")
        chosen = choices.guess(lesson, step)
        scene = Scene(lesson, step, models, chosen is not None or step.question is None)
        is_shown = False
        with show_errors():
            is_shown = ACTIONS[lesson.name, step.name](scene)
        if is_shown and step.question and chosen is not None:
            expected = _("You expected: {choice}.").format(choice=_(step.question.choices[chosen]))
            st.info(f"{expected} {_(step.question.answer)}", icon=":material/lightbulb:")


def _end(lesson: Lesson) -> None:
    with st.expander(_("What you have seen"), icon=":material/visibility:"):
        for text in lesson.seen:
            st.markdown(f"- {_(text)}")
    with st.expander(_("Where to read on"), icon=":material/menu_book:"):
        for paper in lesson.reading:
            st.markdown(f"- {paper.title} ({paper.year})")


def _take_away(lesson: Lesson) -> None:
    """The worksheet and the notebook, in the reader's language."""
    language = current_language()
    translate = translations(language).gettext
    with st.container(horizontal=True, key="lessons_take_away"):
        st.download_button(
            _("Worksheet"),
            lambda: render_worksheet(lesson, translate, LANGUAGE_TAGS[language]),
            f"musicgen-{lesson.name}.html",
            "text/html",
            key="lessons_worksheet",
            icon=":material/print:",
            on_click="ignore",
            help=_("One page to print, with the questions and lines to write on."),
        )
        st.download_button(
            _("Notebook"),
            lambda: render_notebook(lesson, translate),
            f"musicgen-{lesson.name}.ipynb",
            MIME_TYPE,
            key="lessons_notebook",
            icon=":material/download:",
            on_click="ignore",
            help=_("The same steps for Jupyter, with the program as a library."),
        )
