"""Silence it: a seed composed again with something in the network switched off, to be heard."""

import math

import streamlit as st

from musicgen.errors import CorpusError, MusicgenError
from musicgen.interpretation.interventions import Intervention
from musicgen.interpretation.sites import find_sites
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.errors import sentence, show_errors, translate
from musicgen.ui.base.language import _
from musicgen.ui.base.state import Slot
from musicgen.ui.inside import choices, measured
from musicgen.ui.inside import silence_choice as parts
from musicgen.ui.inside.silence_choice import Change
from musicgen.ui.inside.silence_gallery import FINDS, Find, finds_of, layer_of
from musicgen.ui.inside.subject import seed_and_temperature, settings
from musicgen.ui.inside.tune_pair import show_pair

ASKED: Slot[tuple[str, Change, str] | None] = Slot("inside_asked", None)
"""Fingerprint of the model, what is changed in it, and the name of the find that asked for it."""

CLICKS = Slot("inside_clicks", 0)
"""How often something was silenced in this session: each time the second tune starts by itself."""

HEARD = Slot("inside_heard", 0)
"""How many of these clicks have started a tune."""

PART = Slot("inside_part", parts.UNIT)
WAY = Slot("inside_way", parts.OFF)
FACTOR = Slot("inside_factor", 2.0)
LISTED = Slot("inside_listed", "")
LAYER = Slot("inside_silent_layer", 0)

_SILENCE = "inside_silence_it"

_HELD = (PART, WAY, FACTOR, LISTED, LAYER)


@st.fragment
def silence_it(checkpoint: Checkpoint) -> None:
    """What is changed, good finds, and both tunes; drawn again without the rest of the page."""
    with show_errors():
        for slot in (*_HELD, *choices.HELD):
            slot.hold()
        _controls_and_tunes(checkpoint)


def _controls_and_tunes(checkpoint: Checkpoint) -> None:
    with st.container(border=True, key="inside_silence"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            seed_and_temperature()
            st.toggle(
                _("Without the grammar"), key=choices.FREE.name, persist_state="session",
                help=_("The rules of notation hide what a unit was for: under them every bar keeps "
                       "time, whatever the network knows."),
            )  # fmt: skip
        change = _controls(checkpoint)
        if ask_button(
            _("Silence it, and compose again"), _SILENCE, type="primary",
            icon=":material/volume_off:", disabled=change is None,
        ):  # fmt: skip
            with answered(_SILENCE):
                if change:
                    _ask(checkpoint, change)
        _gallery(checkpoint)
    asked = ASKED.get()
    if asked and asked[0] != checkpoint.fingerprint:
        asked = None
    config = settings(choices.FREE.get())
    plain = measured.composed(checkpoint, config)
    if not asked:
        show_pair(plain, None, "", "", is_new=False)
        return
    _fingerprint, made, find = asked
    intervention = parts.to_intervention(checkpoint, made)
    changed = measured.composed(checkpoint, config, intervention)
    listen = next((_(one.listen) for one in FINDS if one.name == find), "")
    is_new = HEARD.get() != CLICKS.get()
    words = parts.describe_change(checkpoint, made)
    below = show_pair(plain, changed, words, listen, is_new=is_new)
    HEARD.set(CLICKS.get())
    with below:
        _say_losses(checkpoint, intervention)


def _say_losses(checkpoint: Checkpoint, intervention: Intervention) -> None:
    """What the change costs on real tunes: one tune says little of a network."""
    try:
        count = min(measured.TUNES, len(measured.held_out_texts(checkpoint)))
        before = measured.held_out_loss(checkpoint, Intervention())
        after = measured.held_out_loss(checkpoint, intervention)
    except CorpusError:  # its book is not here: nothing is said of it
        return
    if math.isfinite(before) and math.isfinite(after):
        st.caption(
            _("Loss on {count} held-out tunes: {before:.3f} nats a character as it is, {after:.3f} "
              "changed ({more:+.3f}). The table is of these two tunes alone.").format(
                  count=count, before=before, after=after, more=round(after - before, 3) + 0.0)
        )  # fmt: skip


def _ask(checkpoint: Checkpoint, change: Change, find: str = "") -> None:
    ASKED.set((checkpoint.fingerprint, change, find))
    CLICKS.set(CLICKS.get() + 1)


def _controls(checkpoint: Checkpoint) -> Change | None:
    """What is chosen; None where it cannot be made a change of."""
    known = parts.parts_of(checkpoint)
    if PART.get() not in known:
        PART.set(known[0])
    sites = find_sites(checkpoint.network)
    choices.clamp(LAYER, 0, len(sites) - 1)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Part of the network"), known, key=PART.name, persist_state="session", width=330,
            format_func=lambda name: _(parts.PARTS[name]),
        )  # fmt: skip
        part = PART.get()
        if part not in (*parts.WITHOUT_UNITS, parts.UNIT):
            st.selectbox(
                _("Layer"), list(range(len(sites))),
                key=LAYER.name, persist_state="session", width=150,
                format_func=lambda n: translate(sites[n].label.template, sites[n].label.values),
            )  # fmt: skip
        ways = parts.ways_of(part)
        if WAY.get() not in ways:
            WAY.set(ways[0])
        st.selectbox(
            _("How"),
            ways,
            key=WAY.name,
            persist_state="session",
            width=200,
            format_func=lambda name: _(parts.WAYS[name]),
        )
        if WAY.get() == parts.LOUD:
            st.slider(
                _("Factor"), -2.0, 5.0, step=0.25, key=FACTOR.name,
                persist_state="session", width=220,
                help=_("1 is as it is, 0 is silent, below 0 the other way round."),
            )  # fmt: skip
        if part == parts.LIST:
            st.text_input(
                _("Units"),
                key=LISTED.name,
                persist_state="session",
                placeholder="3, 17",
                max_chars=400,
                width=220,
            )
    try:
        return _change(checkpoint, part)
    except MusicgenError as error:
        st.info(sentence(error), icon=":material/info:")
        return None


def _change(checkpoint: Checkpoint, part: str) -> Change | None:
    layer = LAYER.get()
    units: tuple[int, ...] = ()
    if part == parts.UNIT:
        choices.clamp(choices.LAYER, 0, len(find_sites(checkpoint.network)) - 1)
        layer = choices.LAYER.get()
        choices.clamp(choices.UNIT, 0, find_sites(checkpoint.network)[layer].size - 1)
        units = (choices.UNIT.get(),)
    elif part == parts.LIST:
        units = parts.read_units(LISTED.get())
    elif part in (parts.BEAT, parts.RANDOM):
        with st.spinner(_("Reading held-out tunes …"), show_time=True):
            units = parts.units_of(checkpoint, part, layer, choices.SEED.get())
    if units:
        st.caption(_("Units: {units}").format(units=", ".join(map(str, units))))
    return Change(part, WAY.get(), layer, units, FACTOR.get())


def _gallery(checkpoint: Checkpoint) -> None:
    st.caption(_("Or begin with something worth hearing:"))
    with st.container(horizontal=True, gap="small", key="inside_gallery"):
        for find in finds_of(checkpoint):
            key = f"inside_find_{find.name}"
            if ask_button(_(find.label), key, icon=find.icon):
                with answered(key):
                    _ask(checkpoint, _change_of(checkpoint, find), find.name)


def _change_of(checkpoint: Checkpoint, find: Find) -> Change:
    layer = layer_of(checkpoint, find)
    units: tuple[int, ...] = ()
    if find.part in (parts.BEAT, parts.RANDOM):
        with st.spinner(_("Reading held-out tunes …"), show_time=True):
            units = parts.units_of(checkpoint, find.part, layer, choices.SEED.get())
    return Change(find.part, find.way, layer, units, find.factor)
