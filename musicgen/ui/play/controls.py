"""The controls of Play: one slider and one button; the rest waits beside or behind them."""

import random
import time
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.config import SampleConfig, describe
from musicgen.errors import CheckpointError, MusicgenError
from musicgen.models.checkpoint import CRITIC_FILE
from musicgen.sampling.engine import has_int8
from musicgen.sampling.headers import read_counts
from musicgen.storage import is_file
from musicgen.ui.base import membership, state
from musicgen.ui.base.errors import show_error
from musicgen.ui.base.language import _
from musicgen.ui.base.steps import is_step
from musicgen.ui.base.told import tell, told
from musicgen.ui.base.uninterrupted import uninterrupted
from musicgen.ui.play.beginning import take_over
from musicgen.ui.tune import listening, permalink
from musicgen.ui.tune.constraints import constraints, form_constraints, with_constraints
from musicgen.ui.tune.constraints import fill_in as fill_in_constraints
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.permalink import DRAWN_SEEDS, SLIDERS
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session

ECHO_S = 5.0
"""Seconds during which the browser may still send a seed that was replaced."""

_INFO = {info.name: info for info in describe(SampleConfig)}


_LINK_FAULT = "play_link_fault"


def _help(setting: str) -> str:
    return _(_INFO[setting].help)


def follow_link(models: Models) -> None:
    """Takes over what the address asks for, when somebody came by a link or refreshed the page.

    Where it asks for what there is not, the page says so until it has been seen: the run in which
    the address is read is often cut short, or followed by one at once.
    """
    try:
        with uninterrupted():
            _take_over_address(models)
    except MusicgenError as error:
        tell(_LINK_FAULT, error)
    fault = told(_LINK_FAULT)
    with st.container(key="link_fault"):  # always there: nothing below moves when it goes
        if fault:
            show_error(fault, st.container())


def _take_over_address(models: Models) -> None:
    asked = permalink.own_parameters(st.query_params.to_dict())
    is_told_again = asked == state.ADDRESS_TOLD.get() and not is_step()
    state.ADDRESS_TOLD.set(asked)
    if asked == state.ADDRESS.get():
        return
    if not asked:  # back from another page, whose links say nothing about the tune
        st.query_params.update(state.ADDRESS.get())
        return
    if is_told_again:
        write_address(state.ADDRESS.get())
        return
    state.ADDRESS.set(asked)
    tell(_LINK_FAULT, None)
    request = permalink.from_parameters(asked)
    fill_in(request, _model_of(request, models))
    if any(name in asked for name in listening.NAMES):  # else the settings of this session stay
        listening.fill_in(listening.from_parameters(asked))
    if "seed" in asked and play_session().reopen(request):
        return
    if "seed" in asked:
        # A link of our own pages was clicked, so the browser lets the tune sound; a fresh one not.
        ask(request, is_heard=state.VISITS.get() > 1)


def write_address(parameters: dict[str, str]) -> None:
    """Writes what names the tune into the address, and leaves what else is in it.

    It is one message: each would be a step of its own in the browser.
    """
    now = st.query_params.to_dict()
    own = permalink.own_parameters(now)
    if own != parameters:
        others = {name: value for name, value in now.items() if name not in own}
        st.query_params.from_dict(others | parameters)


def _model_of(request: Request, models: Models) -> str:
    """The model a link names, else the one that is shown."""
    if request.model:
        return models.find(request.model).name
    return state.MODEL.get() or models.names[0]


def controls(models: Models) -> DeltaGenerator:
    """Temperature, the button, the seed, and a popover with everything else.

    Answers with the popover of the beginning, to be filled when the tune is there.
    """
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
            beginning = st.popover(_("Beginning"), icon=":material/edit_note:", key="beginning_box")
            with st.popover(_("More"), icon=":material/tune:"):
                form_constraints(_books(models))
                _more(models)
        _live_switch()
        constraints()
    return beginning


def _temperature() -> None:
    st.slider(
        _("Temperature"),
        *SLIDERS["temperature"],
        step=0.05,
        key=state.TEMPERATURE.name,
        persist_state="session",
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
        persist_state="session",
        placeholder=_("a random one"),
        width=150,
        on_change=_seed_typed,
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


def _more(models: Models) -> None:
    st.number_input(
        _("Likeliest characters (top-k)"),
        int(_INFO["top_k"].low or 0),
        int(_INFO["top_k"].high or 0),
        step=1,
        key=state.TOP_K.name,
        persist_state="session",
        help=_help("top_k"),
    )
    st.slider(
        _("Share of the likeliest (top-p)"),
        *SLIDERS["top_p"],
        step=0.05,
        key=state.TOP_P.name,
        persist_state="session",
        help=_help("top_p"),
    )
    _choose_among(models)
    _fast_arithmetic(models)


def _books(models: Models) -> tuple[str, ...]:
    """The tunebooks that the chosen model can write like; none of one that was not taught to."""
    try:
        metadata = models.find(state.MODEL.get()).metadata()
    except CheckpointError:
        return ()
    return read_counts(metadata).books if metadata.training.described else ()


def _choose_among(models: Models) -> None:
    """How many drawings the critic chooses from; disabled for a model without a critic."""
    state.CANDIDATES.set(membership.most_drawings(state.CANDIDATES.get()))
    has_critic = is_file(models.find(state.MODEL.get()).path / CRITIC_FILE)
    st.number_input(
        _("Drawings to choose from"),
        int(_INFO["candidates"].low or 0),
        membership.most_drawings(int(_INFO["candidates"].high or 0)),
        step=1,
        key=state.CANDIDATES.name, persist_state="session",
        help=_("Each tune is drawn so many times, and a critic, which has learned what real tunes "
               "look like, keeps one. 1 is the first draft.")
        if has_critic
        else _("This model has no critic: its first drawing is kept."),
        disabled=not has_critic,
    )  # fmt: skip


def _fast_arithmetic(models: Models) -> None:
    """The switch to int8; off and disabled for a model whose kind of network has none."""
    label, meaning = _("Fast arithmetic (int8)"), _help("precision")
    is_offered = _has_int8(models)
    if not is_offered:
        state.INT8.set(False)
        meaning = _("Fast arithmetic is for LSTM networks; this model is of another kind.")
    st.toggle(label, key=state.INT8.name, persist_state="session", help=meaning,
              disabled=not is_offered)  # fmt: skip


def _has_int8(models: Models) -> bool:
    """Whether the chosen model can use int8; True for a damaged one, which fails when loaded."""
    try:
        return has_int8(models.find(state.MODEL.get()).metadata().network.kind)
    except CheckpointError:
        return True


def _live_switch() -> None:
    """The switch, where it means something: beside a locked seed."""
    if state.SEED_LOCKED.get():
        st.toggle(
            _("Hear changes at once"),
            key=state.LIVE.name,
            persist_state="session",
            help=_("The seed stays, so you hear what a setting does as soon as you change it."),
        )


def _compose_clicked() -> None:
    take_over()
    seed = state.SEED.get()
    if seed is None or not state.SEED_LOCKED.get():
        seed = _draw_seed()
    ask(Request(state.MODEL.get(), settings(seed)), is_heard=True)


def seed_to_use() -> int:
    """The seed that is shown, else the first there is."""
    seed = state.SEED.get()
    return 0 if seed is None else seed


def settings(seed: int) -> SampleConfig:
    """What the controls say now, with a seed."""
    config = SampleConfig(
        temperature=round(state.TEMPERATURE.get(), 2),
        top_k=state.TOP_K.get(),
        top_p=round(state.TOP_P.get(), 2),
        seed=seed,
        count=state.COUNT.get(),
        prompt=state.PROMPT.get(),
        candidates=state.CANDIDATES.get(),
        precision="int8" if state.INT8.get() else "float32",
    )
    return with_constraints(config)


def _throw_dice() -> None:
    _draw_seed()
    state.SEED_LOCKED.set(True)


def next_seed() -> int:
    """The seed that the next click takes, drawn now if there is none yet."""
    seed = state.NEXT_SEED.get()
    if seed is None:
        seed = random.randrange(DRAWN_SEEDS)
        state.NEXT_SEED.set(seed)
    return seed


def _draw_seed() -> int:
    seed = next_seed()
    state.NEXT_SEED.set(None)
    _put_seed(seed)
    return seed


def _put_seed(seed: int) -> None:
    now = time.monotonic()
    late = [(old, when) for old, when in state.SEEDS_REPLACED.get() if now - when < ECHO_S]
    state.SEEDS_REPLACED.set((*late, (state.SEED.get(), now)))
    state.SEED_PUT.set(seed)
    state.SEED.set(seed)


def _seed_typed() -> None:
    """Keeps a seed that somebody typed.

    A timer of the page, or a second click, may run while a seed is being drawn, and then sends the
    one before, which is ignored.
    """
    seed, put = state.SEED.get(), state.SEED_PUT.get()
    since = time.monotonic() - ECHO_S
    if seed in [old for old, when in state.SEEDS_REPLACED.get() if when > since]:
        state.SEED.set(put)
    elif seed != put:
        state.SEED_LOCKED.set(True)


def ask(request: Request, *, is_heard: bool) -> None:
    """Asks for tunes to be composed by the model that is chosen; this run of the page does it."""
    play_session().ask(replace(request, model=state.MODEL.get()), is_heard=is_heard)


def fill_in(request: Request, model: str) -> None:
    """Shows the settings of a tune in the controls; before they are drawn."""
    state.MODEL.set(model)
    state.TEMPERATURE.set(request.config.temperature)
    _put_seed(request.config.seed)
    state.TOP_K.set(request.config.top_k)
    state.TOP_P.set(request.config.top_p)
    state.COUNT.set(request.config.count)
    state.PROMPT.set(request.config.prompt)
    state.CANDIDATES.set(request.config.candidates)
    state.INT8.set(request.config.precision == "int8")
    fill_in_constraints(request.config)
