"""No page asks for what its browser would fetch in vain."""

import ast

from tests.ui.conftest import PROJECT


def test_no_page_draws_code_with_the_highlighter():
    """`st.code` fetches a script of 1.5 MB: texts to copy stand in `components.text_block`."""
    found = [
        f"{path.relative_to(PROJECT)}:{call.lineno}"
        for path in sorted([*PROJECT.glob("pages/*.py"), *PROJECT.glob("musicgen/ui/**/*.py")])
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("code", "echo")
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "st"
    ]
    assert found == []
