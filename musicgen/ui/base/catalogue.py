"""Finds every text of the pages in the source, and updates the files of the translations.

Run ``python -m musicgen.ui.base.catalogue`` after a change of words: new texts appear without a
translation and are listed, those no longer used are taken out.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from musicgen import errors
from musicgen.config import Paths
from musicgen.ui.base.language import LANGUAGES, LOCALE

_GETTEXT = {"_": None, "N_": None, "ngettext": (1, 2)}
_SETTINGS = {"setting": (2,), "Preset": (2,)}
_ERRORS = {
    name: None
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.MusicgenError)
}
_SENTENCES = {"Sentence": None}
_SOURCES = ("app.py", "pages/*.py", "musicgen/**/*.py")
_KEYWORDS = _GETTEXT | _ERRORS | _SETTINGS | _SENTENCES
_IN_ENGLISH = ("musicgen/cli/", "musicgen/__main__.py", "musicgen/installation.py")
"""The terminal's own words: they are English."""


def extract(project: Path) -> Catalog:
    """All texts of the pages, each with the files that use it."""
    catalogue = Catalog(project="musicgen", fuzzy=False)
    for path, message, comments in _messages(project):
        name = path.relative_to(project).as_posix()
        catalogue.add(message, locations=[(name, 0)], auto_comments=comments)
    return catalogue


def _messages(project: Path) -> Iterator[tuple[Path, str | tuple[str, ...], list[str]]]:
    for pattern in _SOURCES:
        for path in sorted(project.glob(pattern)):
            if path.relative_to(project).as_posix().startswith(_IN_ENGLISH):
                continue
            for _line, message, comments, _context in extract_from_file(
                "python", path, _KEYWORDS, ("Translators:",)
            ):
                if any(message if isinstance(message, tuple) else (message,)):
                    yield path, message, comments


def update(project: Path) -> list[str]:
    """Rewrites each language's file with the texts of today; translations that fit are kept.

    Returns a line for each text that lacks one: the file, the text, and where it is used.
    """
    missing = []
    template = extract(project)
    for language in LANGUAGES:
        path = LOCALE / language / "LC_MESSAGES" / "musicgen.po"
        if path.is_file():
            catalogue = read_po(path.read_text(encoding="utf-8").splitlines(), locale=language)
            catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
            with path.open("wb") as file:
                write_po(file, catalogue, width=100, ignore_obsolete=True, include_lineno=False)
            missing += [
                f"{path.relative_to(LOCALE)}: no translation of {_english(message)!r} ({place})"
                for message in catalogue
                if message.id and not all(_parts(message.string or ""))
                for place, _line in message.locations[:1]
            ]
    return missing


def _english(message: Message) -> str:
    return _parts(message.id)[0]


def _parts(text: str | Sequence[str]) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text


if __name__ == "__main__":
    untranslated = update(Paths.default().project)
    sys.stdout.write("".join(f"{line}\n" for line in untranslated))
