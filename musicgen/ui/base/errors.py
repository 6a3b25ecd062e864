"""Errors on the page: as sentences in the reader's language, wherever they come from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.errors import MusicgenError
from musicgen.safe_text import remove_controls
from musicgen.storage import explain
from musicgen.translatable import Sentence
from musicgen.ui.base import resources
from musicgen.ui.base.language import _, translations
from musicgen.ui.base.state import Slot
from musicgen.ui.base.words import plain
from musicgen.watching import ERROR

_NOTED: Slot[frozenset[tuple[str, str]]] = Slot("errors_noted", frozenset())
"""Pages and sentences of errors that somebody has been shown."""

_MOST_NOTED = 100

MAX_SENTENCE = 1_000
"""Characters of an error that are shown: what it quotes may be as long as a link."""


@contextmanager
def show_errors() -> Iterator[None]:
    """Shows an error that the user can do something about as its sentence; lets others rise.

    A disk that fails or may not be written, wherever nobody foresaw it, is such an error.
    """
    try:
        yield
    except MusicgenError as error:
        show_error(error, st.container())
    except OSError as error:
        show_error(
            explain(Path(str(error.filename or resources.paths().home)), error), st.container()
        )


def show_error(error: MusicgenError, place: DeltaGenerator) -> None:
    """Shows an error's sentence at a place of the page."""
    told = sentence(error)
    page = (st.context.url or "").partition("?")[0].rstrip("/").rpartition("/")[2]
    if (page, told) not in _NOTED.get():  # a page is drawn many times with the same error
        kept = _NOTED.get() if len(_NOTED.get()) < _MOST_NOTED else frozenset()
        _NOTED.set(kept | {(page, told)})
        resources.watch().note(ERROR, 0.0, type(error).__name__, page)
    place.error(told, icon=":material/error:")


def sentence(error: MusicgenError) -> str:
    """An error's sentence in the reader's language, for Markdown, which shows it as it is.

    What it quotes comes from links, files and names: none of it may become a link or a picture.
    """
    return plain(sentence_text(error))


def sentence_text(error: MusicgenError) -> str:
    """The same for places that know no Markdown; a reason inside it is translated as well."""
    values = {name: _value(value) for name, value in error.values.items()}
    text = _(error.template) if error.template else ""
    text = remove_controls(text.format(**values) if values else text)
    return text if len(text) <= MAX_SENTENCE else f"{text[: MAX_SENTENCE - 1]}…"


def sentence_in(error: MusicgenError, language: str) -> str:
    """The same in a language, for what is no page of Streamlit's."""
    text = translations(language).gettext(error.template) if error.template else ""
    return remove_controls(text.format(**error.values) if error.values else text)[:MAX_SENTENCE]


def _value(value: Any) -> Any:
    if isinstance(value, MusicgenError):
        return sentence_text(value)
    return translate(value.template, value.values) if isinstance(value, Sentence) else value


def translate(template: str, values: Mapping[str, Any]) -> str:
    """A template filled in the reader's language, values that are sentences as well.

    The text is for places that know no Markdown.
    """
    told = {name: _value(value) for name, value in values.items()}
    return _(template).format(**told) if values else _(template) if template else ""
