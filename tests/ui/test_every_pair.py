"""Every pair of things that can be opened on a page is open together once, on every page.

All are open together at last; where there is time, each pair also without the others.

What can be opened is found on the page itself: expanders and popovers that know whether they are
open, switches, and choices among views. Nothing has to be added here for a new one.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.lessons.course import LESSONS
from musicgen.library.book_tune import BookSet, SetTune, make_tune
from musicgen.training.runs.run import RunStore
from musicgen.ui.base import resources
from tests.examples import make_tune as make_abc
from tests.thorough import IS_THOROUGH
from tests.ui.test_compare_page import train
from tests.ui.test_novelty import LAB, learned_from_lab
from tests.ui.tiny_model import write_tiny_model

PATIENCE_S = 240
MAX_VIEWS = 4
"""A choice of more values than this is no choice of views."""

BOXES = ("Expandable", "Popover")


@dataclass(frozen=True)
class Openable:
    """Something with a key that shows more when it has another value than it has at first."""

    key: str
    closed: Any
    open: Any


def elements(block: Any) -> Iterator[Any]:
    """Everything below a block, itself included."""
    yield block
    for child in getattr(block, "children", {}).values():
        yield from elements(child)


def everything(app: AppTest) -> list[Any]:
    return [element for root in (app.main, app.sidebar) for element in elements(root)]


def box_key(element: Any) -> str:
    """The key of an expander or popover that knows whether it is open; else empty."""
    proto = getattr(element, "proto", None)
    name = str(getattr(proto, "id", "") or "") if type(proto).__name__ in BOXES else ""
    return name.split("-", 2)[2] if name.count("-") >= 2 else ""


def find_openables(app: AppTest) -> list[Openable]:
    found: list[Openable] = []
    for element in everything(app):
        kind, key = type(element).__name__, getattr(element, "key", None)
        if box := box_key(element):
            found.append(Openable(box, False, True))
        elif not key or getattr(element, "disabled", False) or key == "language":
            continue
        elif kind in ("Toggle", "Checkbox"):
            found.append(Openable(key, element.value, not element.value))
        elif kind == "ButtonGroup":
            found += [Openable(key, element.value, one) for one in _other_views(app, element)]
    return found


def _other_views(app: AppTest, group: Any) -> list[Any]:
    """The other values of a choice, as the page's script has them."""
    metadata = app.session_state._state._state._new_widget_state.widget_metadata[group.id]
    options = list(getattr(metadata.deserializer.__self__, "options", ()))
    return [one for one in options if one != group.value] if len(options) <= MAX_VIEWS else []


def shape(app: AppTest) -> set[str]:
    """Which things are on the page, whatever stands in them."""
    return {
        f"{type(element).__name__} {getattr(element, 'key', '') or box_key(element)}"
        for element in everything(app)
    }


def put(app: AppTest, *values: tuple[str, Any]) -> None:
    for key, value in values:
        app.session_state[key] = value
    app.run()
    assert not [item.value for item in (*app.exception, *app.error)], values


def open_every_pair(app: AppTest, least: int) -> None:
    """Opens all pairs of what shows more on a page, which must be `least` things at least."""
    app.run()
    plain, found = shape(app), []
    for one in find_openables(app):
        put(app, (one.key, one.open))
        if shape(app) != plain:
            found.append(one)
        put(app, (one.key, one.closed))
    assert len({one.key for one in found}) >= least, found
    if not IS_THOROUGH:
        open_all(app, found)
        return
    for one, others in itertools.groupby(itertools.combinations(found, 2), lambda pair: pair[0]):
        put(app, (one.key, one.open))
        for _one, other in others:
            if other.key != one.key:
                put(app, (other.key, other.open))
                app.session_state[other.key] = other.closed
        put(app, (one.key, one.closed))


def open_all(app: AppTest, openables: list[Openable]) -> None:
    """Opens one after the other and closes them in that order: each pair is open at once."""
    for one in openables:
        put(app, (one.key, one.open))
    for one in openables:
        put(app, (one.key, one.closed))


@pytest.fixture
def furnished(home):
    """A home with all that pages can show: runs, a report, favourites, what was learned from."""
    learned_from_lab(home)
    load_index(LAB, home)
    return home


def test_play(furnished, open_app):
    app = open_app()
    app.button(key="compose").click().run()
    app.button(key="play_keep").click().run()
    open_every_pair(app, 5)


def test_tunebook(furnished, open_app):
    book = resources.tunebook()
    keys = book.add(map(make_tune, map(make_abc, range(3))))
    book.put_set(BookSet("Friday", tuple(SetTune(key, 2) for key in keys[:2])))
    app = open_app("Tunebook")
    app.selectbox(key="tunebook_set").set_value("Friday").run()
    open_every_pair(app, 0)


def test_practise(furnished, open_app):
    (key,) = resources.tunebook().add([make_tune(make_abc(4))])
    open_every_pair(open_app("Practise", tune=key), 0)


def test_endless(furnished, open_app):
    app = open_app("Endless")
    open_every_pair(app, 0)


@pytest.mark.parametrize("view", ["runs", "pair", "study", "sweep"])
def test_compare(furnished, open_app, view):
    for name in ("first", "second"):
        train(furnished, name, learning_rate=0.001 if name == "second" else 0.005)
    open_every_pair(open_app("Compare", view=view), 0)


def test_train(furnished, open_app):
    run = train(furnished, "first", samples=3)
    write_tiny_model(run.path / "best", "first")
    assert RunStore(furnished.runs).get("first")
    app = open_app("Train")
    app.session_state["train_opened"] = "first"
    open_every_pair(app, 0)


def test_evaluate(furnished, open_app):
    service = resources.reports()
    service.start(ReportPlan(("house",), 2, (0.5, 1.0), (False, True)))
    assert service.wait(PATIENCE_S)
    open_every_pair(open_app("Evaluate"), 0)


def test_listen(furnished, open_app):
    open_every_pair(open_app("Listen"), 0)


def test_classroom(furnished, open_app):
    open_every_pair(open_app("Classroom"), 0)


def test_server(furnished, open_app):
    open_every_pair(open_app("Server"), 0)


@pytest.mark.parametrize("view", ["units", "silence", "look", "expect", "embedding", "anatomy"])
def test_inside(furnished, open_app, view):
    open_every_pair(open_app("Inside", view=view), 0)


@pytest.mark.parametrize("lesson", [lesson.name for lesson in LESSONS])
def test_lessons(furnished, open_app, lesson):
    open_every_pair(open_app("Lessons", lesson=lesson), 0)


def test_ship(furnished, open_app):
    open_every_pair(open_app("Ship"), 0)


def test_corpus(furnished, open_app):
    open_every_pair(open_app("Corpus"), 0)
