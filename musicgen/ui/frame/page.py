"""What every page begins with: title, language, the way to the other pages, and what trains now."""

from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.config import Paths
from musicgen.jobs.background_task import TaskStatus
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import forget_all
from musicgen.ui.base.errors import show_error
from musicgen.ui.base.failures import failure_is_shown, take_failure
from musicgen.ui.base.language import (
    LANGUAGE_TAGS,
    LANGUAGES,
    N_,
    _,
    choose_language,
    current_language,
)
from musicgen.ui.base.libraries import send_libraries
from musicgen.ui.base.links import kept_parameters
from musicgen.ui.base.membership import is_class
from musicgen.ui.base.told import all_is_drawn, forget_told
from musicgen.ui.components.audio import enforce_single_audio
from musicgen.ui.components.text_block import follow_copies
from musicgen.ui.frame.accessible_names import name_controls
from musicgen.ui.frame.connection import watch_connection
from musicgen.ui.frame.on_air import on_air_bar
from musicgen.ui.frame.owner import is_owner
from musicgen.ui.frame.signed_in import require_sign_in, who_is_here
from musicgen.ui.frame.visits import follow_visit
from musicgen.ui.frame.web_fonts import serve_fonts
from musicgen.ui.tune import listening

ICON = Paths.default().project / "assets" / "icon.png"

PAGES = (
    ("app.py", N_("Play"), ":material/music_note:"),
    ("pages/Endless.py", N_("Endless"), ":material/all_inclusive:"),
    ("pages/Tunebook.py", N_("Tunebook"), ":material/menu_book:"),
    ("pages/Practise.py", N_("Practise"), ":material/speed:"),
    ("pages/Train.py", N_("Train"), ":material/model_training:"),
    ("pages/Compare.py", N_("Compare"), ":material/compare_arrows:"),
    ("pages/Evaluate.py", N_("Evaluate"), ":material/fact_check:"),
    ("pages/Listen.py", N_("Listen"), ":material/hearing:"),
    ("pages/Inside.py", N_("Inside"), ":material/biotech:"),
    ("pages/Ship.py", N_("Ship"), ":material/deployed_code:"),
    ("pages/Lessons.py", N_("Lessons"), ":material/school:"),
    ("pages/Corpus.py", N_("Corpus"), ":material/library_music:"),
    ("pages/Classroom.py", N_("Classroom"), ":material/groups:"),
    ("pages/Server.py", N_("Server"), ":material/monitor_heart:"),
)
"""Script, name and icon of every page, in the order of the sidebar."""

OWNERS_PAGES = frozenset({"pages/Server.py"})
"""Scripts of the pages that the sidebar shows to the owner alone."""

CLASS_PAGES = frozenset({"pages/Classroom.py"})
"""Scripts of the pages that the sidebar shows to teachers alone, where there is a class."""

NOTE_INTERVAL_S = 1.0


PAGE_STYLE = Path(__file__).parent / "page.css"


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
    st.html(PAGE_STYLE)
    require_sign_in()
    state.VISITS.set(state.VISITS.get() + 1)
    with st.sidebar:
        for script, name, icon in PAGES:
            if _is_shown(script):
                st.page_link(script, label=_(name), icon=icon, query_params=kept_parameters())
        who_is_here()
    for slot in state.HELD_ON_EVERY_PAGE:
        slot.hold()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        if not has_training_card:
            _training_note()
    st.caption(intro)
    enforce_single_audio(is_on_air=state.ON_AIR.get() is not None, steps=listening.NAMES)
    follow_visit()
    watch_connection()
    name_controls()
    follow_copies()
    send_libraries()
    if state.PAGE.get() != title:
        state.PAGE.set(title)
        state.WATCHED.set("")
        state.ADDRESS_TOLD.set({})
        forget_all()
        forget_told()
    failure = take_failure()
    with st.container():  # always there: what follows must not change its place
        if failure:
            show_error(failure, st.container())
    if not has_radio:
        _endless_bar()


def _is_shown(script: str) -> bool:
    if script in CLASS_PAGES:
        return is_class() and is_owner()
    return script not in OWNERS_PAGES or is_owner()


def _endless_bar() -> None:
    with st.container(key="on_air_place"):
        on_air_bar()


def language_picker() -> None:
    """The choice of language, at the foot of the sidebar; browsers and screen readers learn it.

    Each page draws it after all that it says: what it said has been said then.
    """
    all_is_drawn()
    failure_is_shown()
    with st.sidebar:
        _language_teller()(key="language_teller", data=LANGUAGE_TAGS[current_language()])
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


@st.fragment(run_every=NOTE_INTERVAL_S)
def _training_note() -> None:
    training_note()


def training_note() -> None:
    """What trains now and how far it is, for pages whose own fragment ticks; else nothing."""
    job = resources.registry().current()
    if job is None or job.is_over:
        return
    now = job.state
    if now.status is TaskStatus.PAUSED:
        text = _("paused at {percent:.0f} %")
    else:
        text = _("training {percent:.0f} %")
    percent = 100 * now.progress
    with st.container(key="training_note", width="content"):
        st.page_link(
            "pages/Train.py",
            label=f":green-badge[● {text.format(percent=percent)}]",
            query_params=kept_parameters(),
        )
