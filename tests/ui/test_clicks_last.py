"""A click made while a page is being drawn is not taken back by that drawing.

A widget whose value a script sets is shown so by the browser, whatever was clicked meanwhile; so no
page sets what it does not change.
"""

import ast
import importlib
from types import ModuleType

import pytest

from musicgen.ui.base.state import HELD_ON_EVERY_PAGE, VIEWING
from musicgen.ui.inside import choices as inside
from musicgen.ui.inside import silence_view
from musicgen.ui.lessons import choices as lessons
from tests.pages import OTHER_PAGES
from tests.ui.conftest import PROJECT

HELD = {
    slot.name
    for slots in (HELD_ON_EVERY_PAGE, VIEWING, inside.HELD, lessons._HELD, silence_view._HELD)
    for slot in slots
}


@pytest.mark.parametrize("page", ["", *OTHER_PAGES])
def test_a_run_in_which_nothing_changes_tells_the_browser_no_values(home, open_app, page):
    app = open_app(page) if page else open_app(model="house", temperature="0.8", seed="4711")
    app = app.run()
    assert not app.exception
    told = [
        item.proto.label
        for kind in ("checkbox", "toggle", "slider", "selectbox", "number_input", "radio",
                     "text_input", "text_area", "button_group", "multiselect")
        for item in app.get(kind)
        if getattr(item.proto, "set_value", False) and not item.proto.disabled
    ]  # fmt: skip
    assert told == []


def find_widgets(module: ModuleType, tree: ast.AST):
    """Calls with the name of a held slot as key, or of one that is known only when it runs."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr in ("container", "button"):
            continue
        key = next((one.value for one in call.keywords if one.arg == "key"), None)
        if not (isinstance(key, ast.Attribute) and key.attr == "name"):
            continue
        try:
            name = eval(compile(ast.Expression(key), "key", "eval"), vars(module))  # noqa: S307
        except NameError:
            yield call
            continue
        if name in HELD:
            yield call


def test_the_value_of_a_held_widget_lasts_by_itself():
    found = 0
    for path in sorted((PROJECT / "musicgen" / "ui").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if "st." not in path.read_text(encoding="utf-8"):
            continue
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for call in find_widgets(importlib.import_module(name), tree):
            found += 1
            assert any(one.arg == "persist_state" for one in call.keywords), (path, call.lineno)
    assert found > 30
