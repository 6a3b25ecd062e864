"""Every page is in all the places that cannot be derived from `musicgen.ui.frame.page.PAGES`."""

import ast
import re

import pytest

from musicgen.ui.base.language import translations
from musicgen.ui.frame.page import PAGES
from tests.pages import PAGE_NAMES
from tests.ui.conftest import PROJECT
from tests.ui.test_uploads import PAGES as PAGES_WITH_UPLOADS


def read(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def section(path: str, heading: str) -> str:
    """What is below a heading of the second level."""
    return read(path).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def functions(path: str) -> set[str]:
    nodes = ast.parse(read(path)).body
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_a_page_is_wherever_pages_are_listed(name):
    folder = name.lower()
    [row] = re.findall(
        r"^\| (.*) \| the sections of one page each", read("ARCHITECTURE.md"), re.MULTILINE
    )
    headings = re.findall(r"^## (.*)$", read("docs/terminal.md"), re.MULTILINE)
    chinese = translations("zh").gettext(name)
    places = {
        "*The pages* of README.md": f"\n- **{name}." in section("README.md", "The pages"),
        "*页面* of README.zh-CN.md": f"\n- **{chinese}**" in section("README.zh-CN.md", "页面"),
        "the row of page folders in ARCHITECTURE.md": f"`{folder}`" in row.split(" · "),
        "the headings of docs/terminal.md": name in ", ".join(headings).split(", "),
        "the packages of musicgen/ui": (PROJECT / "musicgen" / "ui" / folder).is_dir(),
        "the functions of tests/ui/test_every_pair.py": f"test_{folder}"
        in functions("tests/ui/test_every_pair.py"),
        "the tests of tests/ui": (PROJECT / f"tests/ui/test_{folder}_page.py").is_file(),
        "the tests of tests/browser": (PROJECT / f"tests/browser/test_{folder}.py").is_file(),
    }
    missing = [place for place, has_it in places.items() if not has_it]
    assert not missing, f"The page {name} is missing in {', and in '.join(missing)}."


def test_every_script_of_a_page_is_in_the_sidebar():
    scripts = {f"pages/{path.name}" for path in (PROJECT / "pages").glob("*.py")}
    listed = {script for script, _name, _icon in PAGES}
    assert scripts | {"app.py"} == listed, (
        "PAGES in musicgen/ui/frame/page.py is not what is there."
    )


def test_every_page_that_takes_files_is_in_the_tests_of_uploads():
    here = {
        path.parent.name
        for path in (PROJECT / "musicgen" / "ui").glob("*/*.py")
        if "file_uploader(" in path.read_text(encoding="utf-8")
    }
    tested = {name.lower() or "play" for name, _most_mb in PAGES_WITH_UPLOADS}
    assert here == tested, "PAGES in tests/ui/test_uploads.py lists other pages than take files."
