"""How docs/ becomes a site: links lead inside it, and nothing is loaded from elsewhere."""

import importlib.util
import re
from pathlib import Path
from posixpath import normpath

import pytest

from musicgen.config import SampleConfig

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\]\((?!https?:)([^()\s#]+)")


@pytest.fixture(scope="module")
def build_docs():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "tools" / "build_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def staged(build_docs, tmp_path_factory) -> Path:
    """The copy from which MkDocs builds."""
    target = tmp_path_factory.mktemp("docs") / "copy"
    build_docs.stage(ROOT, target)
    return target


def test_every_link_of_the_copy_leads_to_a_file_in_it(staged):
    linked = {
        (page.name, target)
        for page in staged.glob("*.md")
        for target in LINK.findall(page.read_text(encoding="utf-8"))
    }
    assert ("index.md", "terminal.md") in linked
    assert {one for one in linked if not (staged / normpath(one[1])).is_file()} == set()


def test_every_page_of_the_navigation_is_in_the_copy(staged):
    pages = re.findall(r"^ +- [\w -]+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert "findings.md" in pages
    assert [page for page in pages if not (staged / page).is_file()] == []


def test_links_are_changed_in_text_and_left_alone_in_code(build_docs):
    text = (
        "[简体中文](findings.zh-CN.md)\n"
        "[first](../README.md#develop), [code](../app.py), [notes](novelty.md)\n"
        "![a](../assets/play.png)\n"
        "```python no-run\n[x](../README.md)\n```\n| `a\\|b` |\n"
    )
    pages = {"README.md": "index.md", "docs/novelty.md": "novelty.md"}
    copied, pictures = build_docs.convert_page(text, "docs/findings.md", ROOT, pages)
    assert copied == (
        "[first](index.md), code, [notes](novelty.md)\n"
        "![a](pictures/play.png)\n"
        "```python\n[x](../README.md)\n```\n| `a|b` |\n"
    )
    assert pictures == [ROOT / "assets" / "play.png"]


def test_a_translation_has_the_anchors_of_the_english_page(staged):
    text = (staged / "findings.zh-CN.md").read_text(encoding="utf-8")
    english = (staged / "findings.md").read_text(encoding="utf-8")
    assert text.count("<a id=") == len(re.findall("^##", english, re.MULTILINE)) > 0
    assert '<a id="learning-by-heart-over-time"></a>' in text


def test_the_page_of_a_model_is_put_beside_them_or_nothing_leads_to_it(
    build_docs, staged, tmp_path
):
    page = tmp_path / "made.html"
    page.write_text("<p>it plays</p>", encoding="utf-8")
    build_docs.stage(ROOT, tmp_path / "copy", page)
    assert (tmp_path / "copy" / "try.html").read_text(encoding="utf-8") == "<p>it plays</p>"
    for name in ("index.md", "index.zh-CN.md"):
        with_page, without = (
            (folder / name).read_text(encoding="utf-8") for folder in (tmp_path / "copy", staged)
        )
        assert "](try.html)" in with_page and "try" not in without.partition("## ")[0]
        assert "{{" not in with_page and "{{" not in without


def test_the_table_of_settings_has_all_of_them(build_docs):
    table = build_docs.settings_table(ROOT / "musicgen" / "config.py", "SampleConfig")
    rows = re.findall(r"^\| `(\w+)` ", table, re.MULTILINE)
    assert rows == list(SampleConfig.__dataclass_fields__)
    assert "| `temperature` | `float` | `0.85` | 0.05 to 3.0 | Below 1" in table


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.html", '<script src="https://x.example/a.js"></script>', 1),
        ("a.html", '<link rel="stylesheet" href="//x.example/a.css">', 1),
        ("a.html", "<style>@import 'https://x.example/a.css'</style>", 1),
        ("a.css", "a { background: url(https://x.example/a.png) }", 1),
        ("a.html", '<a href="https://x.example/">x</a><img src="a.png">', 0),
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(build_docs, tmp_path, name, text, found):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert len(list(build_docs.foreign_addresses(tmp_path))) == found
