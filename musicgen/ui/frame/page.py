"""What every page begins with: title, language, the way to the other pages, and what trains now."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer
from streamlit.delta_generator import DeltaGenerator

from musicgen.errors import MusicgenError
from musicgen.jobs.training_job import JobStatus
from musicgen.safe_text import remove_controls
from musicgen.storage import explain
from musicgen.translatable import Sentence
from musicgen.ui.components.audio import mind_players
from musicgen.ui.frame import resources, state
from musicgen.ui.frame.accessible_names import name_controls
from musicgen.ui.frame.connection import watch_connection
from musicgen.ui.frame.failures import take_failure
from musicgen.ui.frame.language import (
    LANGUAGES,
    N_,
    _,
    choose_language,
    chosen_language,
    current_language,
)
from musicgen.ui.frame.libraries import send_libraries
from musicgen.ui.frame.visits import follow_visit
from musicgen.ui.frame.web_fonts import serve_fonts
from musicgen.ui.frame.words import plain

ICON = Path(__file__).resolve().parents[3] / "assets" / "icon.png"

ROOMS = (
    ("app.py", N_("Play"), ":material/music_note:"),
    ("pages/Endless.py", N_("Endless"), ":material/all_inclusive:"),
    ("pages/Train.py", N_("Train"), ":material/model_training:"),
    ("pages/Compare.py", N_("Compare"), ":material/compare_arrows:"),
    ("pages/Evaluate.py", N_("Evaluate"), ":material/fact_check:"),
    ("pages/Corpus.py", N_("Corpus"), ":material/library_music:"),
)
"""Script, name and icon of every page, in the order of the sidebar."""

NOTE_INTERVAL_S = 1.0

MAX_SENTENCE = 1_000
"""Characters of an error that are shown: what it quotes may be as long as a link."""

_TAGS = {"en": "en", "zh": "zh-Hans"}

CORPUS_PARAMETER = "corpus"
"""What the address of Train calls the corpus to learn from."""

STYLE = Path(__file__).parent / "page.css"


def page(title: str, intro: str, has_training_card: bool = False, has_radio: bool = False) -> None:
    """Sets up a page and draws what all pages share. Call it before anything else.

    Args:
        title: Name of the page, in the reader's language.
        intro: One line that says what one does here.
        has_training_card: The page itself shows the training live, so it gets no note of it. Two
            fragments that tick on one page can swallow each other's reruns.
        has_radio: The page itself shows what Endless plays; on others it is one line.
    """
    st.set_page_config(f"{title} · musicgen", str(ICON), layout="wide")
    serve_fonts()
    st.html(STYLE)
    state.VISITS.set(state.VISITS.get() + 1)
    with st.sidebar:
        for script, name, icon in ROOMS:
            st.page_link(script, label=_(name), icon=icon, query_params=kept_parameters())
    for slot in state.SETTINGS:
        slot.hold()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        if not has_training_card:
            _training_note()
    st.caption(intro)
    mind_players(is_on_air=state.ON_AIR.get() is not None)
    follow_visit()
    watch_connection()
    name_controls()
    send_libraries()
    if state.PAGE.get() != title:
        state.PAGE.set(title)
        state.WATCHED.set("")
    failure = take_failure()
    with st.container():  # always there: what follows must not change its place
        if failure:
            tell(failure, st.container())
    if not has_radio:
        _endless_bar()


def _endless_bar() -> None:
    from musicgen.ui.endless.endless import on_air_bar  # it speaks with the words of this module

    with st.container(key="on_air_place"):
        on_air_bar()


@contextmanager
def errors_told() -> Iterator[None]:
    """Shows an error that the user can do something about as its sentence; lets others rise.

    A disk that fails or may not be written, wherever nobody foresaw it, is such an error.
    """
    try:
        yield
    except MusicgenError as error:
        tell(error, st.container())
    except OSError as error:
        tell(explain(Path(str(error.filename or resources.paths().home)), error), st.container())


def tell(error: MusicgenError, place: DeltaGenerator) -> None:
    """Shows an error's sentence at a place of the page."""
    place.error(sentence(error), icon=":material/error:")


def sentence(error: MusicgenError) -> str:
    """An error's sentence in the reader's language, for Markdown, which shows it as it is.

    What it quotes comes from links, files and names: none of it may become a link or a picture.
    """
    return plain(sentence_text(error))


def sentence_text(error: MusicgenError) -> str:
    """The same for places that know no Markdown; a reason inside it is translated as well."""
    values = {
        name: sentence_text(value) if isinstance(value, MusicgenError) else value
        for name, value in error.values.items()
    }
    text = _(error.template) if error.template else ""
    text = remove_controls(text.format(**values) if values else text)
    return text if len(text) <= MAX_SENTENCE else f"{text[: MAX_SENTENCE - 1]}…"


def say(template: str, values: Mapping[str, Any]) -> str:
    """A template filled in the reader's language, values that are sentences as well.

    The text is for places that know no Markdown.
    """
    told = {
        name: say(value.template, value.values) if isinstance(value, Sentence) else value
        for name, value in values.items()
    }
    return _(template).format(**told) if values else _(template) if template else ""


def language_picker() -> None:
    """The choice of language, at the foot of the sidebar; browsers and screen readers learn it."""
    with st.sidebar:
        _language_teller()(key="language_teller", data=_TAGS[current_language()])
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            key="language",
            default=current_language(),
            format_func=LANGUAGES.__getitem__,
            required=True,
            label_visibility="collapsed",
            on_change=lambda: choose_language(st.session_state["language"]),
        )


@cache
def _language_teller() -> ComponentRenderer:
    script = "export default ({ data }) => { document.documentElement.lang = data; };"
    return st.components.v2.component("musicgen_language", js=script)


def play_link(model: str, step: int, label: str, key: str) -> None:
    """A link to Play where a model composes on arrival, another tune for each step it was saved."""
    parameters = kept_parameters() | {"model": model, "seed": str(step)}
    with st.container(key=f"link_{key}", width="content"):
        st.page_link("app.py", label=label, icon=":material/music_note:", query_params=parameters)


def train_link(label: str = "", corpus: str = "") -> None:
    """A link to Train, for those who have no model yet, or who found what is to be learned from."""
    parameters = kept_parameters() | ({CORPUS_PARAMETER: corpus} if corpus else {})
    with st.container(key="link_train", width="content"):
        st.page_link(
            "pages/Train.py",
            label=label or _("Train a model"),
            icon=":material/model_training:",
            query_params=parameters,
        )


def kept_parameters() -> dict[str, str]:
    """What every link to another page carries: the language, if one was chosen."""
    language = chosen_language()
    return {"lang": language} if language else {}


@st.fragment(run_every=NOTE_INTERVAL_S)
def _training_note() -> None:
    training_note()


def training_note() -> None:
    """What trains now and how far it is, for pages whose own fragment ticks; else nothing."""
    job = resources.registry().current()
    if job is None or job.snapshot().status.is_final:
        return
    now = job.snapshot()
    if now.status is JobStatus.PAUSED:
        text = _("paused at {percent:.0f} %")
    else:
        text = _("training {percent:.0f} %")
    percent = 100 * now.step / max(1, now.max_steps)
    with st.container(key="training_note", width="content"):
        st.page_link(
            "pages/Train.py",
            label=f":green-badge[● {text.format(percent=percent)}]",
            query_params=kept_parameters(),
        )
