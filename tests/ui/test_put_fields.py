"""Fields whose value a page puts there say so to a browser that draws them later.

What is in a popover is drawn when it is opened, perhaps many runs after its value was put: without
``persist_state`` Streamlit sends the value once, and the field then shows nothing and tells that as
what was typed. `tests/browser/test_opening.py` opens some.
"""

import ast

from tests.ui.conftest import PROJECT
from tests.ui.test_bound_fields import FIELDS


def find_forgetful(tree: ast.Module) -> list[int]:
    """Lines of fields whose values are put, and that do not persist."""
    found = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [one for one in ast.walk(function) if isinstance(one, ast.Call)]
        put = {ast.unparse(one.args[0]) for one in calls if ast.unparse(one.func) == "state.put"}
        for call in calls:
            if not (isinstance(call.func, ast.Attribute) and call.func.attr in FIELDS):
                continue
            named = {one.arg: ast.unparse(one.value) for one in call.keywords}
            if named.get("key") in put and named.get("persist_state") != "'session'":
                found.append(call.lineno)
    return found


def test_fields_whose_values_are_put_persist() -> None:
    count = 0
    for path in sorted((PROJECT / "musicgen" / "ui").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        count += text.count("state.put(")
        assert not find_forgetful(ast.parse(text)), path
    assert count >= 8


def test_a_forgetful_field_is_found() -> None:
    text = "def draw(key):\n    state.put(key, 1)\n    st.number_input('n', key=key{more})\n"
    assert find_forgetful(ast.parse(text.format(more=""))) == [3]
    assert not find_forgetful(ast.parse(text.format(more=", persist_state='session'")))
