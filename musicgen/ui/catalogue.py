"""Finds every text of the face in the source, and brings the translations' files up to date.

Run ``python -m musicgen.ui.catalogue`` after a change of words: new texts appear without a
translation, those no longer used are taken out.
"""

from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from musicgen import errors
from musicgen.config import Paths
from musicgen.ui.language import LANGUAGES, LOCALE

_GETTEXT = {"_": None, "N_": None, "ngettext": (1, 2)}
_SETTINGS = {"setting": (2,), "Preset": (2,)}
_ERRORS = {
    name: None
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.MusicgenError)
}
_SENTENCES = {"Sentence": None}
_SOURCES = (
    ("app.py", _GETTEXT),
    ("pages/*.py", _GETTEXT),
    ("musicgen/ui/*.py", _GETTEXT | _ERRORS | _SETTINGS),
    ("musicgen/storage.py", _ERRORS),
    ("musicgen/names.py", _ERRORS),
    ("musicgen/config.py", _SETTINGS | _ERRORS),
    ("musicgen/presets.py", _SETTINGS | _ERRORS),
    ("musicgen/evaluation/words.py", {"N_": None}),
    ("musicgen/evaluation/report/*.py", _ERRORS | {"N_": None}),
    ("musicgen/models/checkpoint.py", _ERRORS),
    ("musicgen/sampling/*.py", _ERRORS),
    ("musicgen/notation/grammar/*.py", _ERRORS),
    ("musicgen/training/*.py", _ERRORS | {"_finish": (2,), "N_": None}),
    ("musicgen/corpus/dataset.py", _ERRORS),
    ("musicgen/corpus/cleaning.py", _SENTENCES),
    ("musicgen/notation/*.py", _SENTENCES),
    ("musicgen/corpus/own.py", _ERRORS),
    ("musicgen/notation/midi/*.py", _ERRORS),
    ("musicgen/notation/tunebook.py", _ERRORS),
    ("musicgen/corpus/sources.py", _ERRORS),
    ("musicgen/corpus/windows.py", _ERRORS),
    ("musicgen/evaluation/learned.py", _ERRORS),
    ("musicgen/notation/transposing.py", _ERRORS),
    ("musicgen/audio/arrangement.py", _ERRORS | _SETTINGS),
    ("musicgen/audio/midi.py", _ERRORS),
    ("musicgen/engraving/*.py", _ERRORS),
    ("musicgen/takeaway/*.py", _ERRORS | _SENTENCES),
    ("musicgen/audio/synthesis.py", {"N_": None}),
)
"""Where texts stand, and which calls hold them."""


def extract(project: Path) -> Catalog:
    """All texts of the face, each with the files it stands in."""
    catalogue = Catalog(project="musicgen", fuzzy=False)
    for path, message, comments in _messages(project):
        name = path.relative_to(project).as_posix()
        catalogue.add(message, locations=[(name, 0)], auto_comments=comments)
    return catalogue


def _messages(project: Path) -> Iterator[tuple[Path, str | tuple[str, ...], list[str]]]:
    for pattern, keywords in _SOURCES:
        for path in sorted(project.glob(pattern)):
            for _line, message, comments, _context in extract_from_file(
                "python", path, keywords, ("Translators:",)
            ):
                if any(message if isinstance(message, tuple) else (message,)):
                    yield path, message, comments


def update(project: Path) -> None:
    """Rewrites each language's file with the texts of today; translations that fit are kept."""
    template = extract(project)
    for language in LANGUAGES:
        path = LOCALE / language / "LC_MESSAGES" / "musicgen.po"
        if path.is_file():
            catalogue = read_po(path.read_text(encoding="utf-8").splitlines(), locale=language)
            catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
            with path.open("wb") as file:
                write_po(file, catalogue, width=100, ignore_obsolete=True, include_lineno=False)


if __name__ == "__main__":
    update(Paths.default().project)
