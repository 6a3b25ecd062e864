"""The beginning of a tune: a text box that says, as one types, what the network will make of it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.sampling.beginnings import (
    EXAMPLES,
    Beginning,
    beginning_from_file,
    first_bars,
    read_beginning,
)
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence, sentence_text
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.uploads import upload_limit_mb
from musicgen.ui.tune.constraints import RHYTHM_NAMES, with_constraints
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.session_state import play_session

TAKEN_BARS = (2, 4)
"""Numbers of bars that one click takes from a tune."""

MAX_TYPED = 20_000
"""Characters of the box that are looked at; a beginning of that length is refused."""

_HERE = Path(__file__).parent
_EDITOR = "play_beginning"


@st.fragment
def beginning_editor(models: Models) -> None:
    """The text box with what it says, and ways to fill it."""
    _bring_up_to_date()
    text = state.PROMPT.get()
    verdict, is_right = describe_beginning(text, models)
    _editor()(
        key=_EDITOR,
        data={
            "text": text,
            "revision": state.PROMPT_REVISION.get(),
            "verdict": verdict,
            "is_right": is_right,
            "label": _("Beginning"),
            "placeholder": EXAMPLES["jig"],
        },
        on_typed_change=take_over,
    )
    _examples(bool(text))
    _from_tune()
    _from_file()
    if state.PROMPT_LEFT.get():
        # The click that took the focus away travels in the same message as the last words, and
        # that reruns this fragment alone: the page is to follow the click as well.
        state.PROMPT_LEFT.set(False)
        st.rerun()


def describe_beginning(text: str, models: Models) -> tuple[str, bool]:
    """What a beginning says so far, or the first thing that is wrong with it; and whether none is.

    It is read as the chosen model will read it, together with all that is asked for.
    """
    if not text.strip():  # and so a page that was just opened loads no network
        return say_beginning(Beginning())
    try:
        checkpoint = resources.checkpoint(models.find(state.MODEL.get()))
        config = with_constraints(SampleConfig(prompt=text))
        return say_beginning(read_beginning(checkpoint, config))
    except MusicgenError as error:
        return sentence_text(error), False


def say_beginning(beginning: Beginning) -> tuple[str, bool]:
    """A beginning in words, and whether the network can go on from it."""
    if beginning.fault:
        return sentence_text(beginning.fault), False
    if not beginning.has_header:
        if not beginning.meter:
            return _("The network begins by itself."), True
        return _("{meter}; the key is still to come.").format(meter=beginning.meter), True
    said = [beginning.meter, beginning.key, _count_bars(beginning)]
    if beginning.wrong_bar:
        said.append(_("bar {number} is not full").format(number=beginning.wrong_bar))
    elif beginning.bars:
        said.append(_("in time"))
    if beginning.is_open:
        said.append(_("goes on inside a bar"))
    return ", ".join(filter(None, said)) + ".", not beginning.wrong_bar


def _count_bars(beginning: Beginning) -> str:
    if not beginning.bars:
        return _("no full bar yet")
    return ngettext("{count} bar so far", "{count} bars so far", beginning.bars).format(
        count=beginning.bars
    )


def set_beginning(text: str) -> None:
    """Puts another text into the box."""
    state.PROMPT.set(text)


def _bring_up_to_date() -> None:
    """A text that was not typed takes the place of what stands in the box."""
    if state.PROMPT.get() != state.PROMPT_TYPED.get():
        state.PROMPT_TYPED.set(state.PROMPT.get())
        state.PROMPT_REVISION.set(state.PROMPT_REVISION.get() + 1)


def take_over() -> None:
    """Makes what was typed the beginning.

    Also for those who act on it: the click on a button may be told before the last words.
    """
    typed = st.session_state[_EDITOR].get("typed") if _EDITOR in st.session_state else None
    if not isinstance(typed, Mapping) or typed == state.PROMPT_TOLD.get():
        return
    state.PROMPT_TOLD.set(typed)
    state.PROMPT_LEFT.set(bool(typed.get("left")))
    text = str(typed.get("text", ""))[:MAX_TYPED]
    state.PROMPT.set(text)
    state.PROMPT_TYPED.set(text)


def _examples(has_text: bool) -> None:
    st.caption(_("Try one of these, and change a note:"))
    with st.container(horizontal=True, gap="small"):
        for rhythm, text in EXAMPLES.items():
            name = _(RHYTHM_NAMES[rhythm])
            st.button(name, key=f"beginning_{rhythm}", on_click=set_beginning, args=(text,))
        st.button(
            _("Clear"),
            key="beginning_clear",
            icon=":material/close:",
            type="tertiary",
            disabled=not has_text,
            on_click=set_beginning,
            args=("",),
        )


def _from_tune() -> None:
    shown = play_session().shown
    if not shown:
        return
    st.caption(_("Begin like the tune on the screen:"))
    with st.container(horizontal=True, gap="small"):
        for count in TAKEN_BARS:
            st.button(
                ngettext("Its first bar", "Its first {count} bars", count).format(count=count),
                key=f"beginning_bars_{count}",
                on_click=set_beginning,
                args=(first_bars(shown.composition.public_tune, count),),
            )


def _from_file() -> None:
    file = st.file_uploader(
        _("Or like a tune of your own, from an ABC or MIDI file"),
        ["abc", "txt", "mid", "midi"],
        key="beginning_file",
        max_upload_size=upload_limit_mb(2),
    )
    if file is None or file.file_id == state.PROMPT_FILE.get():
        return
    state.PROMPT_FILE.set(file.file_id)
    try:
        set_beginning(beginning_from_file(file.getvalue(), file.name, TAKEN_BARS[-1]))
    except MusicgenError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.rerun(scope="fragment")


@cache
def _editor() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_beginning",
        html='<div class="musicgen-beginning"><label></label><textarea rows="6" spellcheck="false" '
        'autocapitalize="off" autocomplete="off"></textarea>'
        '<p role="status" aria-live="polite"></p></div>',
        css=(_HERE / "beginning.css").read_text(encoding="utf-8"),
        js=(_HERE / "beginning.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
