"""Builds the documentation site: docs/*.md in English and Chinese, and the library's reference.

    make docs                  builds it into site/
    tools/build_docs.py        the same, with the Python that has requirements-docs.txt

The files under docs/ are written to be read in the repository, where a link may lead to any file.
Here they are copied into .make/docs, with links that lead inside the site: the README is its first
page, the model card and the changelog are pages too, and the name of a file that is no page stays
as text. The page that `musicgen export --format html` makes of a model is put beside them, where it
was made: one composes, reads and listens there before anything is installed. MkDocs builds from
that copy and fails where a link leads nowhere. At the end every page is searched for what a browser
would load from another host; there must be nothing.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / ".make" / "docs"
SITE = ROOT / "site"
CHINESE = ".zh-CN"
TRY = "try.html"
"""The exported page of a model, which `make docs` has made in .make/ before."""

PICTURES = "pictures"
"""Where pictures from outside docs/ lie on the site; `assets` is the theme's."""

PAGES = {
    "README.md": "index.md",
    "README.zh-CN.md": "index.zh-CN.md",
    "checkpoints/house/MODEL_CARD.md": "model-card.md",
    "CHANGELOG.md": "changelog.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Files outside docs/ that are pages of the site; docs/index.md stands for the README."""

_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<target>[^()\s]+)\)")
_SWITCH = re.compile(r"\[(English|简体中文)\]\([^()]*\.md\)")
_FENCE = re.compile(r"(```+)(\w+) .*")
_HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`[^`]+`")
_SETTINGS = re.compile(r"\{\{ settings (\S+) (\w+) \}\}")
_TRIED = re.compile(r"\{\{ try (.+) \}\}")
_FOREIGN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^\s\"')]+")


def stage(root: Path, target: Path, tried: Path | None = None) -> None:
    """Makes a copy of the documentation from which MkDocs can build.

    Args:
        root: Folder of the project.
        target: Folder for the copy; what is there is removed.
        tried: The page of a model to put beside it; without one nothing leads there.
    """
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "docs", target, ignore=shutil.ignore_patterns("*.md"))
    written = {path.relative_to(root).as_posix(): path.name for path in root.glob("docs/*.md")}
    outside = {source: page for source, page in PAGES.items() if (root / source).is_file()}
    pictures = target / PICTURES
    pictures.mkdir()
    shutil.copy(root / "assets" / "icon.png", pictures)
    if tried:
        shutil.copy(tried, target / TRY)
    for source, page in (outside | written).items():
        if source in written or page not in written.values():
            text = (root / source).read_text(encoding="utf-8")
            copied, used = convert_page(text, source, root, outside | written)
            if CHINESE in source:
                english = (root / source.replace(CHINESE, "")).read_text(encoding="utf-8")
                copied = name_headings_alike(copied, english)
            copied = _TRIED.sub(r"\1" if tried else "", copied)
            (target / page).write_text(copied, encoding="utf-8")
            for picture in used:
                shutil.copy(picture, pictures)


def convert_page(
    text: str, source: str, root: Path, pages: dict[str, str]
) -> tuple[str, list[Path]]:
    """The text of a page for the site, and the pictures from outside docs/ that it shows.

    Args:
        text: Markdown as it is in the repository.
        source: Where it is, from the root of the project.
        root: Folder of the project.
        pages: For each file that is a page, the name of the page.
    """
    pictures: list[Path] = []

    def convert_link(match: re.Match[str]) -> str:
        link, picture = moved_link(match, source, root, pages)
        pictures.extend([picture] if picture else [])
        return link

    lines, fence = [], ""
    for line in text.splitlines():
        mark = line[: len(line) - len(line.lstrip("`"))]
        if len(mark) >= 3:
            fence = "" if fence else mark
            lines.append(_FENCE.sub(r"\1\2", line))
        elif fence:
            lines.append(line)
        elif not _SWITCH.fullmatch(line):  # the site has a switch of its own
            line = _SETTINGS.sub(lambda found: settings_table(root / found[1], found[2]), line)
            lines.append(unescape_bars(_LINK.sub(convert_link, line)))
    return "\n".join(lines) + "\n", pictures


def moved_link(
    match: re.Match[str], source: str, root: Path, pages: dict[str, str]
) -> tuple[str, Path | None]:
    """A link or picture as it is written on the site, and the file of a picture outside docs/."""
    path, anchor = match["target"].partition("#")[::2]
    if not path or ":" in path:
        return match[0], None
    place, picture = normpath(PurePosixPath(source).parent / path), None
    if place in pages:
        # Each language has its own page under the one name.
        path = pages[place].replace(CHINESE, "")
        if place.startswith("README"):
            anchor = ""  # the first page of the site has other headings
    elif match["image"] and not place.startswith("docs/"):
        picture = root / place
        path = f"{PICTURES}/{picture.name}"
    elif not match["image"] and (root / place).exists():
        return match["text"], None
    target = f"{path}#{anchor}" if anchor else path
    return f"{match['image']}[{match['text']}]({target})", picture


def unescape_bars(line: str) -> str:
    """A row of a table whose code has plain bars: MkDocs needs no backslash there, and shows it."""
    if not line.startswith("|"):
        return line
    return _CODE.sub(lambda found: found[0].replace(r"\|", "|"), line)


def name_headings_alike(text: str, english: str) -> str:
    """A translation whose headings can be linked to by the English ones as well.

    An English page that has no translation is part of the Chinese site too, and its links lead to
    the translations of others. Where the two pages differ in their headings, nothing is added.
    """
    own, others = _HEADING.findall(text), _HEADING.findall(english)
    if len(own) != len(others):
        return text
    anchors = iter([re.sub(r"[^\w\- ]", "", one).lower().replace(" ", "-") for one in others])
    return _HEADING.sub(lambda found: f'{found[0]}<a id="{next(anchors)}"></a>', text)


def settings_table(module: Path, name: str) -> str:
    """The settings that a class in a module declares, as a table in Markdown."""
    (found,) = (
        node
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == name
    )
    rows = ["| setting | type | default | range | |", "|---|---|---|---|---|"]
    for node in found.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
            default, words, *bounds = map(ast.unparse, node.value.args)
            bounds += [
                ast.unparse(keyword.value)
                for keyword in node.value.keywords
                if keyword.arg == "choices"
            ]
            cells = [ast.unparse(node.target), ast.unparse(node.annotation), default]
            limits = " to ".join(bounds).replace("2 ** 31 - 1", f"{2**31 - 1:,}")
            row = [f"`{cell}`" for cell in cells] + [limits, ast.literal_eval(words)]
            rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows)


class _Loaded(HTMLParser):
    """Collects the addresses that a browser loads when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_loaded = tag == "link" and values.get("rel") not in {"canonical", "alternate"}
        names = ["src", "srcset", "poster", "data"] + ["href"] * is_loaded
        self.addresses += [values[name] for name in names if name in values]


def foreign_addresses(site: Path) -> Iterator[str]:
    """What the pages and styles of a site load from other hosts, each with the file it is in."""
    for path in sorted(site.rglob("*")):
        found: list[str] = []
        if path.suffix == ".html":
            parser = _Loaded()
            text = path.read_text(encoding="utf-8")
            parser.feed(text)
            found = [one for one in parser.addresses if re.match(r"(https?:)?//", one)]
            found += _FOREIGN_STYLE.findall(text)
        elif path.suffix == ".css":
            found = _FOREIGN_STYLE.findall(path.read_text(encoding="utf-8"))
        yield from (f"{path.relative_to(site)}: {address}" for address in found)


def main() -> int:
    """Builds the site; the exit status is 0 if every link leads somewhere and all is local."""
    tried = ROOT / ".make" / TRY
    stage(ROOT, STAGE, tried if tried.is_file() else None)
    # Not --quiet: it hides the warnings from --strict.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    # Else the theme announces its successor at every build.
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    if status := subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        return status
    if foreign := list(foreign_addresses(SITE)):
        print("Loaded from other hosts:", *foreign, sep="\n", file=sys.stderr)
        return 1
    print("The documentation is in site/index.html. To search it as well, serve it:")
    print("    python3 -m http.server --bind localhost --directory site 8000")
    return 0


if __name__ == "__main__":
    sys.exit(main())
