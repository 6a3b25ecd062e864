"""The form that starts a training, built from what `config.describe` says of each setting."""

import dataclasses
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.config import TrainingConfig, describe
from musicgen.corpus.sources import SOURCES
from musicgen.errors import ConfigError, MusicgenError
from musicgen.models.checkpoint import Checkpoint
from musicgen.names import MAX_NAME_CHARACTERS
from musicgen.presets import PRESETS, Preset
from musicgen.training.estimate import estimate_training, require_room
from musicgen.training.preference_pairs import require_start
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import ask_button, forget
from musicgen.ui.base.errors import show_error
from musicgen.ui.base.labels import SETTING_LABELS
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.links import CORPUS_PARAMETER, START_PARAMETER
from musicgen.ui.base.places import pick_place
from musicgen.ui.base.uninterrupted import uninterrupted
from musicgen.ui.train.setting_fields import setting_fields
from musicgen.ui.tune.models import Models

START = "train_start"
"""The button whose training the page starts; see `musicgen.ui.base.asked`."""

PLACE = "train_place"
"""The choice of where it is trained."""

_START_KEY = "train_from"
_ESTIMATE = "train_estimate"


def training_form() -> tuple[Preset, str, Checkpoint | None] | None:
    """Draws the form; once Start was pressed: the preset, the run's name, and what to start from.

    Settings are as filled in; the checkpoint to start from is None for first weights. Below the
    buttons stands what these settings will take, or what is wrong with them, after each change.
    """
    name = st.segmented_control(
        _("Preset"), list(PRESETS), default=next(iter(PRESETS)), key="train_preset", required=True
    )
    preset = PRESETS[name or next(iter(PRESETS))]
    st.caption(_(preset.meaning))
    _take_start()
    is_sent_here = _take_corpus()
    with st.expander(_("Settings"), is_sent_here, icon=":material/tune:"):
        corpus, model, run = st.columns(3)
        with corpus:
            training = {"source": _source(preset)}
        with model:
            start = _start_from()
        with run:
            run_id = st.text_input(
                _("Name of the run"),
                resources.store().new_id(preset.name),
                max_chars=MAX_NAME_CHARACTERS,
            )
        network, others = setting_fields(preset, start)
        training |= others
    pick_place(PLACE)
    filled, failure = _fill(preset, network, training, run_id.strip())
    can_start = state.NO_ROOM.get() != (filled, start)
    is_started, is_estimate_wanted = _form_buttons(can_start=can_start)
    place = st.empty()
    try:
        if failure:
            raise failure
        if filled is None:
            return None
        if is_started:
            place.empty()
            return filled, run_id.strip(), _load(start)
        _estimate(place, preset, filled, start, is_estimate_wanted)
    except MusicgenError as error:
        show_error(error, place)
    return None


def _fill(
    preset: Preset, network: dict[str, Any], training: dict[str, Any], run_id: str
) -> tuple[Preset | None, MusicgenError | None]:
    """The preset with what was filled in, or why that, or the name of the run, does not hold."""
    try:
        resources.store().find_place(run_id)
        return dataclasses.replace(
            preset,
            network=preset.network.replace(**network),
            training=preset.training.replace(**training),
        ), None
    except MusicgenError as error:
        return None, error


def _form_buttons(*, can_start: bool) -> tuple[bool, bool]:
    """Whether the training is to be started, and whether the settings are to be estimated."""
    with st.container(horizontal=True):
        is_started = ask_button(
            _("Start training"),
            START,
            type="primary",
            icon=":material/play_arrow:",
            disabled=not can_start,
        )
        is_estimate_wanted = ask_button(
            _("Estimate"),
            _ESTIMATE,
            icon=":material/calculate:",
            help=_("What these settings will take, from a few short steps on this machine."),
        )
    return is_started, is_estimate_wanted


def _estimate(
    place: DeltaGenerator, preset: Preset, filled: Preset, start: str, is_wanted: bool
) -> None:
    """What these very settings will take: those of a preset at once, others when it is asked for.

    Trying takes up to some seconds, which nobody wants to wait for after each change.
    """
    wanted = (filled, start)
    if is_wanted:
        state.ESTIMATED.set(wanted)
        forget(_ESTIMATE)
    same_source = filled.training.replace(source=preset.training.source)
    is_preset = (filled.network, same_source, start) == (preset.network, preset.training, "")
    if not is_preset and state.ESTIMATED.get() != wanted:
        place.caption(_("The settings were changed: press Estimate for what they will take."))
        return
    place.caption(_("Trying a few steps on this machine…"))
    teacher, begun = _load(filled.training.teacher), _load(start)
    require_start(filled.training, begun)
    shape = teacher.metadata.network if teacher else None
    network = begun.metadata.network if begun else filled.network
    found = estimate_training(network, filled.training, shape)
    told = place.container()
    told.caption(
        _(
            "Estimated on this machine: {parameters:,} parameters, {memory} of memory, {time}."
        ).format(
            parameters=found.parameters,
            memory=memory_words(found.memory_bytes),
            time=time_words(found.time_s),
        )
    )
    try:
        require_room(found, resources.store().root)
    except ConfigError as error:
        show_error(error, told)
        told.caption(
            _("Change the settings, and press Estimate: then the training can be started.")
        )
        if state.NO_ROOM.get() != wanted:
            state.NO_ROOM.set(wanted)
            st.rerun()  # the button above must not start it
    else:
        if state.NO_ROOM.get() == wanted:
            state.NO_ROOM.set(None)
            st.rerun()  # there is room now


def memory_words(size_bytes: float) -> str:
    """A size with two digits that count: ``310 MB``, ``2.1 GB``."""
    if size_bytes < 995e6:
        return f"{_two_digits(size_bytes / 1e6):,.0f}\N{NO-BREAK SPACE}MB"
    return f"{_two_digits(size_bytes / 1e9):,.10g}\N{NO-BREAK SPACE}GB"


def time_words(seconds: float) -> str:
    """A duration as one says it: so many seconds, minutes, hours or days, two digits of them.

    Not by Babel: its Chinese has no space between a number and its unit, as all our texts have, and
    its `format_timedelta` makes 2 days of 60 hours.
    """
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86_400
    if seconds < 100:
        count = _count(seconds)
        text = ngettext("about {count:,} second", "about {count:,} seconds", count)
    elif minutes < 100:
        count = _count(minutes)
        text = ngettext("about {count:,} minute", "about {count:,} minutes", count)
    elif hours < 72:
        count = _count(hours)
        text = ngettext("about {count:,} hour", "about {count:,} hours", count)
    else:
        count = _count(days)
        text = ngettext("about {count:,} day", "about {count:,} days", count)
    return text.format(count=count)


def _count(value: float) -> int:
    return max(1, round(_two_digits(value)))


def _two_digits(value: float) -> float:
    return float(f"{value:.2g}")


def _start_from() -> str:
    """The name of the checkpoint to go on from; empty for first weights."""
    names = ["", *(ref.name for ref in resources.checkpoints())]
    return st.selectbox(
        _("Start from"),
        names,
        key=_START_KEY,
        format_func=lambda name: name or _("nothing: first weights"),
        help=_(
            "A model that is to learn on from other tunes. Its network keeps its shape, whatever "
            "is said of the network below; characters it does not know are added."
        ),
    )


def _load(name: str) -> Checkpoint | None:
    return resources.checkpoint(Models().find(name)) if name else None


def _take_corpus() -> bool:
    """Whether a link brought a corpus along to learn from; if it is there, it is chosen."""
    with uninterrupted():
        name = st.query_params.pop(CORPUS_PARAMETER, "")
        if name in _corpora():
            for preset in PRESETS:
                st.session_state[_source_key(preset)] = name
            state.TRAIN_SETTINGS.set(True)
    return state.TRAIN_SETTINGS.get()


def _take_start() -> None:
    """A link may bring along a model that is to learn on; if it is there, it is chosen."""
    with uninterrupted():
        name = st.query_params.pop(START_PARAMETER, "")
        if name in [ref.name for ref in resources.checkpoints()]:
            st.session_state[_START_KEY] = name
            state.TRAIN_SETTINGS.set(True)


def _source(preset: Preset) -> str:
    """The choice of corpus; several joined by ``+`` can be typed."""
    info = next(info for info in describe(TrainingConfig) if info.name == "source")
    value = preset.training.source
    choices = list(dict.fromkeys((*_corpora(), value)))
    label = SETTING_LABELS["source"]
    more = _("Several can be typed, as in lab+oneill: tunes are held out of the first alone.")
    key = _source_key(preset.name)
    chosen = st.selectbox(
        _(label),
        choices,
        None if key in st.session_state else choices.index(value),
        key=key,
        help=f"{_(info.help)} {more}",
        accept_new_options=True,
    )
    return str(chosen or value).strip()


def _source_key(preset: str) -> str:
    return f"train_{preset}_training_source"


def _corpora() -> tuple[str, ...]:
    own = resources.own_corpus_names()
    return (*SOURCES, *own, *(f"lab+{name}" for name in own))
