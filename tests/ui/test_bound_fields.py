"""No callback of a button is given what a field of the run before said.

Who fills in a field and presses a button at once sends both in one request, and the callback comes
before the run that reads the field: see `musicgen.ui.base.asked.act_button`.
"""

import ast
from collections.abc import Iterator

from tests.ui.conftest import PROJECT

FIELDS = {"text_input", "text_area", "number_input", "selectbox", "multiselect", "slider",
          "select_slider", "segmented_control", "pills", "radio", "checkbox", "toggle",
          "file_uploader", "data_editor"}  # fmt: skip
BUTTONS = {"button", "form_submit_button"}
MEAN_WHAT_IS_SHOWN = {"classroom_remove", "manage_delete", "tunebook_around_keep"}
"""Keys of buttons under what they delete or keep: that is meant, whatever is chosen since."""


def names_in(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def draws_fields(node: ast.AST, drawing: set[str]) -> bool:
    """Whether a field is drawn in it, or one of the functions called that draw some."""
    return any(
        (isinstance(call.func, ast.Attribute) and call.func.attr in FIELDS)
        or (isinstance(call.func, ast.Name) and call.func.id in drawing)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
    )


def find_drawing(functions: list[ast.FunctionDef]) -> set[str]:
    """Functions that draw fields and return something, which may be what those say."""
    speaking = [one for one in functions if one.returns and ast.unparse(one.returns) != "None"]
    found: set[str] = set()
    for _deeper in speaking:
        found |= {one.name for one in speaking if draws_fields(one, found)}
    return found


def find_said(function: ast.FunctionDef, drawing: set[str]) -> set[str]:
    """Names of what fields say, and of what is made of it."""
    found: set[str] = set()
    for _further in range(5):
        for one in ast.walk(function):
            if not isinstance(one, ast.Assign | ast.AnnAssign | ast.NamedExpr) or not one.value:
                continue
            if draws_fields(one.value, drawing) or names_in(one.value) & found:
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                found |= {name for target in targets for name in names_in(target)}
    return found


def find_bound(tree: ast.Module) -> Iterator[int]:
    """Lines of buttons whose callbacks are given what fields of the same run say."""
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    drawing = find_drawing(functions)
    for function in functions:
        said = find_said(function, drawing)
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            given = {one.arg: one.value for one in call.keywords}
            key = getattr(given.get("key"), "value", None)
            if call.func.attr not in BUTTONS or key in MEAN_WHAT_IS_SHOWN:
                continue
            bound = [given[name] for name in ("on_click", "args") if name in given]
            if any(names_in(one) & said for one in bound):
                yield call.lineno


def test_no_page_has_a_callback_that_is_given_what_a_field_said():
    found = [
        f"{path.relative_to(PROJECT)}:{line}"
        for path in sorted([*PROJECT.glob("pages/*.py"), *PROJECT.glob("musicgen/ui/**/*.py")])
        for line in find_bound(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_such_a_callback_is_found():
    page = """
def fields() -> str:
    return st.text_input("Name")

def form():
    plan = make(fields())
    st.button("Keep", key="keep", on_click=keep, args=(plan,))
    st.button("Other", key="other", on_click=keep)
"""
    assert list(find_bound(ast.parse(page))) == [7]
