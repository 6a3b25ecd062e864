"""What a link asks for is taken over whole, or not at all.

A run that notes that it has seen a link, and is cut short before it has done what the link asks
for, would leave it undone for good: see `musicgen.ui.base.uninterrupted`.
"""

import ast
from collections.abc import Iterator

from tests.ui.conftest import PROJECT

READS = {"get", "pop", "to_dict"}


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Call))


def reads_address(node: ast.AST) -> bool:
    return any(
        ast.unparse(call.func) in {f"st.query_params.{name}" for name in READS}
        for call in calls(node)
    )


def keeps(node: ast.AST) -> bool:
    """Whether something is set in the state of a session."""
    names = [ast.unparse(call.func) for call in calls(node)]
    sets = any(name.startswith("state.") and name.endswith(".set") for name in names)
    targets = [
        target for one in ast.walk(node) if isinstance(one, ast.Assign) for target in one.targets
    ]
    return sets or any(ast.unparse(one).startswith("st.session_state[") for one in targets)


def whole(tree: ast.Module) -> tuple[set[ast.AST], set[str]]:
    """Statements that are done whole, and the names of the functions that they call."""
    blocks = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.With)
        and any(ast.unparse(item.context_expr) == "uninterrupted()" for item in one.items)
    ]
    inside = {part for block in blocks for part in ast.walk(block)}
    return inside, {ast.unparse(call.func) for block in blocks for call in calls(block)}


def find_halves(tree: ast.Module) -> Iterator[int]:
    """Lines of functions that take over what the address says, and may be cut short."""
    inside, called = whole(tree)
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name in called:
            continue
        outside = [one for one in ast.walk(function) if one not in inside]
        reading = any(isinstance(one, ast.Call) and reads_address(one) for one in outside)
        if reading and keeps(function):
            yield function.lineno


def test_every_link_is_taken_over_whole():
    found = [
        f"{path.relative_to(PROJECT)}:{line}"
        for path in sorted([*PROJECT.glob("pages/*.py"), *PROJECT.glob("musicgen/ui/**/*.py")])
        for line in find_halves(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_such_a_half_is_found():
    page = """
def half():
    asked = st.query_params.get("tune", "")
    state.LINK.set(asked)
    state.TUNE.set(find(asked))

def whole():
    with uninterrupted():
        asked = st.query_params.pop("tune", "")
        st.session_state[KEY] = asked

def other():
    with uninterrupted():
        follow()

def follow():
    state.LINK.set(st.query_params.get("tune"))

def only_reads():
    return st.query_params.get("view")
"""
    assert list(find_halves(ast.parse(page))) == [2]
