"""The controls of Play: one slider and one button; the rest waits beside or behind them."""

import random

import streamlit as st

from musicgen.config import SampleConfig, describe
from musicgen.sampling.edit_list import Edit
from musicgen.ui import address, listening, resources, state
from musicgen.ui.address import SLIDERS, Request
from musicgen.ui.language import _
from musicgen.ui.player import find_model
from musicgen.ui.wishes import fill_in, form_wishes, wishes, with_wishes

DRAWN_SEEDS = 1_000_000
"""Seeds that are drawn are short enough to be read out to a friend."""

_INFO = {info.name: info for info in describe(SampleConfig)}


def _help(setting: str) -> str:
    return _(_INFO[setting].help)


def pick_model() -> None:
    """The choice of model, in the sidebar. There must be at least one."""
    names = [ref.name for ref in resources.checkpoints()]
    if state.MODEL.get() not in names:
        state.MODEL.set(names[0])
    with st.sidebar:
        st.selectbox(
            _("Model"),
            names,
            key=state.MODEL.name,
            help=_("Who composes: the model that comes with the program, or one you trained."),
        )


def follow_link() -> None:
    """Takes over what the address asks for, when somebody came by a link or refreshed the page.

    Raises:
        ConfigError, CheckpointError, AudioError: the address asks for what there is not.
    """
    asked = address.own_parameters(st.query_params.to_dict())
    if asked == state.ADDRESS.get():
        return
    if not asked:  # back from another page, whose links say nothing about the tune
        st.query_params.update(state.ADDRESS.get())
        return
    state.ADDRESS.set(asked)
    request = address.from_parameters(asked)
    _fill_in(request, _model_of(request))
    if any(name in asked for name in listening.NAMES):  # else as this session hears tunes
        listening.fill_in(listening.from_parameters(asked))
    if "seed" in asked:
        # A link of our own pages was clicked, so the browser lets the tune sound; a fresh one not.
        _want(request.config, autoplay=state.VISITS.get() > 1, edits=request.edits)


def _model_of(request: Request) -> str:
    """The model a link names, else the one that is shown."""
    if request.model:
        return find_model(request.model).name
    return state.MODEL.get() or resources.checkpoints()[0].name


def controls() -> None:
    """Temperature, the button, the seed, and a popover with everything else."""
    with st.container(border=True, key="controls"):
        _temperature()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.button(
                _("Compose"),
                type="primary",
                icon=":material/music_note:",
                key="compose",
                on_click=_compose_clicked,
            )
            _seed()
            with st.popover(_("More"), icon=":material/tune:"):
                form_wishes()
                _more()
        wishes()


def _temperature() -> None:
    st.slider(
        _("Temperature"),
        *SLIDERS["temperature"],
        step=0.05,
        key=state.TEMPERATURE.name,
        help=_help("temperature"),
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", key="scale"):
        st.caption(_("cautious"), width="content")
        st.caption(_("adventurous"), width="content")


def _seed() -> None:
    locked = state.SEED_LOCKED.get()
    st.number_input(
        _("Seed"),
        min_value=int(_INFO["seed"].low or 0),
        max_value=int(_INFO["seed"].high or 0),
        step=1,
        key=state.SEED.name,
        placeholder=_("any"),
        width=150,
        on_change=lambda: state.SEED_LOCKED.set(True),
    )
    st.button(
        _("Draw a new seed each time") if locked else _("Keep this seed"),
        key="play_lock",
        icon=":material/lock:" if locked else ":material/lock_open_right:",
        help=_("The same seed gives the same tune. Locked, it shows what the other settings do."),
        on_click=lambda: state.SEED_LOCKED.set(not locked),
    )
    st.button(
        _("Throw the dice"),
        key="play_dice",
        icon=":material/casino:",
        help=_("Another seed, to be kept."),
        on_click=_throw_dice,
    )


def _more() -> None:
    st.number_input(
        _("Likeliest characters (top-k)"),
        int(_INFO["top_k"].low or 0),
        int(_INFO["top_k"].high or 0),
        step=1,
        key=state.TOP_K.name,
        help=_help("top_k"),
    )
    st.slider(
        _("Share of the likeliest (top-p)"),
        *SLIDERS["top_p"],
        step=0.05,
        key=state.TOP_P.name,
        help=_help("top_p"),
    )
    st.toggle(_("Fast arithmetic (int8)"), key=state.INT8.name, help=_help("precision"))
    st.text_area(
        _("Beginning"),
        key=state.PROMPT.name,
        placeholder="X:1\nT:\nM:6/8\nK:D Major\nDFA dAF|",
        height=140,
        help=_help("prompt"),
    )


def _compose_clicked() -> None:
    seed = state.SEED.get()
    if seed is None or not state.SEED_LOCKED.get():
        seed = _draw_seed()
    config = SampleConfig(
        temperature=round(state.TEMPERATURE.get(), 2),
        top_k=state.TOP_K.get(),
        top_p=round(state.TOP_P.get(), 2),
        seed=seed,
        prompt=state.PROMPT.get(),
        precision="int8" if state.INT8.get() else "float32",
    )
    _want(with_wishes(config), autoplay=True)


def _throw_dice() -> None:
    _draw_seed()
    state.SEED_LOCKED.set(True)


def _draw_seed() -> int:
    seed = random.randrange(DRAWN_SEEDS)
    state.SEED.set(seed)
    return seed


def _want(config: SampleConfig, autoplay: bool, edits: tuple[Edit, ...] = ()) -> None:
    request = Request(state.MODEL.get(), config, edits)
    shown = state.SHOWN.get()
    if shown and shown.request == request and autoplay:
        state.SHOWN.set(None)  # asked for again: it is to be heard again
    state.WANTED.set(request)
    state.AUTOPLAY.set(autoplay)


def _fill_in(request: Request, model: str) -> None:
    state.MODEL.set(model)
    state.TEMPERATURE.set(request.config.temperature)
    state.SEED.set(request.config.seed)
    state.TOP_K.set(request.config.top_k)
    state.TOP_P.set(request.config.top_p)
    state.PROMPT.set(request.config.prompt)
    state.INT8.set(request.config.precision == "int8")
    fill_in(request.config)
