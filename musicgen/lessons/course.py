"""All lessons, in the order in which they build on one another."""

from musicgen.errors import ConfigError
from musicgen.lessons import (
    bar_counting,
    copying,
    dropout,
    learning_rate,
    loss,
    memorizing,
    memory,
    temperature,
)
from musicgen.lessons.lesson import Lesson

LESSONS: tuple[Lesson, ...] = (
    temperature.LESSON,
    memorizing.LESSON,
    learning_rate.LESSON,
    memory.LESSON,
    dropout.LESSON,
    bar_counting.LESSON,
    copying.LESSON,
    loss.LESSON,
)


def get_lesson(name: str) -> Lesson:
    """The lesson of that name.

    Raises:
        ConfigError: there is none; the message lists the names.
    """
    known = {lesson.name: lesson for lesson in LESSONS}
    if name not in known:
        raise ConfigError(
            "There is no lesson named {name!r}. Choose from: {known}.",
            name=name,
            known=", ".join(known),
        )
    return known[name]


def number_of(lesson: Lesson) -> int:
    """The place of a lesson, from 1 on."""
    return [one.name for one in LESSONS].index(lesson.name) + 1
