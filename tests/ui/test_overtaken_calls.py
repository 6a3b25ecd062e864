"""A call of a script's part that a later call has overtaken ends nothing.

Streamlit runs what such a call returned at once, though the part is still on the page.
"""

import re

from tests.ui.conftest import PROJECT

END = re.compile(r"  return \(\) => (\{.*?\n  \};|.*?;\n)", re.DOTALL)


def test_what_ends_a_part_looks_whether_it_is_gone():
    found = {
        (path.name, end)
        for path in (PROJECT / "musicgen" / "ui").rglob("*.js")
        for end in END.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) >= 7
    assert [name for name, end in found if ".isConnected" not in end] == []
