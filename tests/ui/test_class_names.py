import re
from collections import defaultdict
from pathlib import Path

import musicgen.ui

COMPONENTS = Path(musicgen.ui.__file__).parent
WHOLE_PAGE = "page.css"


def test_every_class_has_its_looks_from_one_style_sheet():
    sheets = defaultdict(set)
    for sheet in COMPONENTS.rglob("*.css"):
        if sheet.name != WHOLE_PAGE:
            for name in re.findall(r"\.(musicgen-[\w-]+)", sheet.read_text(encoding="utf-8")):
                sheets[name].add(sheet.name)
    assert "musicgen-keyboard-keys" in sheets
    assert {name: found for name, found in sheets.items() if len(found) > 1} == {}
