"""The language of the pages: which one the reader wants, and every text in it.

English is the language of the source; other catalogues are gettext ``.po`` files in `locale/`,
compiled in memory at first use. ``python -m musicgen.ui.base.catalogue`` brings them up to date.
"""

import io
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from musicgen.translatable import N_ as N_  # noqa: PLC0414 - offered from here as well

LANGUAGES = {"en": "English", "zh": "中文"}
"""Code in the address (``?lang=zh``), and the language's own name."""

LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}
"""From the code to the tag for HTML's ``lang=`` (BCP 47)."""

LOCALE = Path(__file__).parent / "locale"
_CHOSEN = "language_chosen"


@lru_cache(maxsize=8)
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; one without a catalogue returns the source texts."""
    source = LOCALE / language / "LC_MESSAGES" / "musicgen.po"
    if language not in LANGUAGES or not source.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def chosen_language() -> str | None:
    """The language this reader asked for: by the address, else earlier in this session."""
    for wanted in (st.query_params.get("lang"), st.session_state.get(_CHOSEN)):
        if wanted in LANGUAGES:
            return str(wanted)
    return None


def choose_language(language: str) -> None:
    """Keep a language for the rest of the session, and in the address so that it can be shared."""
    st.session_state[_CHOSEN] = language
    st.query_params["lang"] = language


def current_language() -> str:
    """The chosen language, else the browser's if there is a catalogue for it, else English."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return chosen_language() or language_of(st.context.locale)


def language_of(locale: str | None) -> str:
    """The language that serves a browser's locale, such as ``zh-CN``; English if none does."""
    language = (locale or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def _(message: str) -> str:
    """A text of the pages in the reader's language."""
    return translations(current_language()).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """A text that depends on a count, in the reader's language."""
    return translations(current_language()).ngettext(singular, plural, count)
