"""The tune on the screen: composed when asked for, then sound, score, files, and what it is."""

import secrets

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.errors import MusicgenError
from musicgen.library.serialization import from_values
from musicgen.notation.analysis.bars import BarReport, check_bars
from musicgen.sampling.composer import Composition
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence, show_error
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.words import plain
from musicgen.ui.components.audio import start
from musicgen.ui.components.text_block import text_block
from musicgen.ui.play import novelty_view
from musicgen.ui.play.score_editor import workbench
from musicgen.ui.play.tune_bar import tune_bar
from musicgen.ui.tune import (
    history,
    listening,
    permalink,
    rendering,
)
from musicgen.ui.tune.downloads import downloads
from musicgen.ui.tune.permalink import Request
from musicgen.ui.tune.rendering import PLAYER, Performance
from musicgen.ui.tune.sound_controls import sound_controls


def tune_on_screen() -> None:
    """Composes what is wanted, if it is not there yet, and shows it; nothing before the first.

    Where it cannot be composed, the sentence that says why stands above the tune before.
    """
    notice = st.container(key="notice")
    sound = st.container(key="sound")
    wanted, shown = state.WANTED.get(), state.SHOWN.get()
    if wanted and (shown is None or shown.request != wanted):
        # Placeholders clear away the tune before; drawn again later without them, at the same
        # place, sound and score are the same elements to the browser, and go on undisturbed.
        player_slot, stage = sound.empty(), st.empty()
        try:
            shown = _compose(wanted, stage)
        except MusicgenError as error:
            show_error(error, notice)
            _keep(shown, sound, player_slot, stage)
            return
        _show(shown, sound, player_slot, stage.container(key="tune"))
    elif shown:
        try:
            shown = _play_as_chosen(shown)
        except MusicgenError as error:
            show_error(error, notice)
        _show(shown, sound, sound, st.container(key="tune"))


def _compose(wanted: Request, stage: DeltaGenerator) -> Performance:
    """Composes and keeps the result; what fails is not wanted any more, what is interrupted is."""
    before = state.SHOWN.get()
    state.FOLLOWS.set(False)
    try:
        with resources.registry().foreground_priority.foreground():
            composition = history.recall(wanted) or _compose_takes(wanted, stage, before)
            shown = _perform(wanted, composition)
    except MusicgenError:
        state.WANTED.set(before.request if before else None)
        raise
    state.SHOWN.set(shown)
    _write_address(shown)
    return shown


def _play_as_chosen(shown: Performance) -> Performance:
    """The same tune as the controls of the sound say now.

    Raises:
        NotationError: it cannot be moved to that key; what is shown stays.
    """
    wanted = listening.chosen()
    if wanted != shown.listening:
        shown = rendering.perform(shown.request, shown.composition, wanted)
        state.SHOWN.set(shown)
        state.AUTOPLAY.set(secrets.token_hex(4))
        state.FOLLOWS.set(True)
        _write_address(shown)
    return shown


def _compose_takes(
    wanted: Request, stage: DeltaGenerator, before: Performance | None
) -> Composition:
    checkpoint = resources.checkpoint(rendering.find_model(wanted.model))
    if known := history.find(wanted, checkpoint.fingerprint):
        return known
    takes = rendering.compose_takes(wanted, stage, before)
    history.remember(wanted, takes)
    return takes[wanted.take]


def _keep(
    shown: Performance | None,
    sound: DeltaGenerator,
    player_slot: DeltaGenerator,
    stage: DeltaGenerator,
) -> None:
    """Puts the tune before back in its place, at rest, when no new one came."""
    stage.empty()
    if shown:
        state.AUTOPLAY.set("")
        _show(shown, sound, player_slot, stage.container(key="tune"))


def _perform(request: Request, composition: Composition) -> Performance:
    return rendering.perform(request, composition, listening.chosen())


def _write_address(shown: Performance) -> None:
    parameters = permalink.to_parameters(shown.request)
    parameters |= listening.to_parameters(shown.listening)
    state.ADDRESS.set(parameters)
    now = st.query_params.to_dict()
    own = permalink.own_parameters(now)
    if own != parameters:  # at once: each message about the address would be a step of its own
        others = {name: value for name, value in now.items() if name not in own}
        st.query_params.from_dict(others | parameters)


def _show(
    shown: Performance,
    sound: DeltaGenerator,
    player_slot: DeltaGenerator,
    stage: DeltaGenerator,
) -> None:
    if shown.sound:
        player_slot.audio(shown.sound.wav, "audio/wav")
        with sound:
            start(PLAYER, state.AUTOPLAY.get(), follows=state.FOLLOWS.get())
    with stage:
        _show_tune(shown)


def _show_tune(shown: Performance) -> None:
    tune_bar(shown)
    if shown.silence:
        st.warning(sentence(shown.silence), icon=":material/volume_off:")
    newness = novelty_view.look_up(shown.request.model, shown.composition)
    if shown.sound:
        workbench(shown, shown.sound, PLAYER, novelty_view.marks(newness), sound_controls)
    else:
        sound_controls()
    novelty_view.novelty_line(newness, shown.request.model)
    downloads(shown, lambda: _all_takes(shown))
    st.caption(" · ".join(_facts(shown.composition)))
    if shown.sound and shown.sound.is_fallback:
        st.caption(rendering.better_sound())
    with st.expander(_("The text the network wrote"), icon=":material/notes:"):
        text_block(shown.composition.public_abc)


def _all_takes(shown: Performance) -> list[Performance]:
    """The tune on the screen and the takes that were composed with it, in order."""
    entry = history.session().current
    if entry is None or entry.request != shown.request:
        return [shown]
    return [
        shown
        if values["seed"] == shown.composition.seed
        else rendering.perform(shown.request, from_values(values), shown.listening)
        for values in entry.takes
    ]


def _time_kept(bars: BarReport) -> str:
    wrong = len(bars.wrong)
    if wrong:
        return ngettext("{count} bar out of time", "{count} bars out of time", wrong).format(
            count=wrong
        )
    return _("every bar in time") if bars.is_in_time else _("no meter to keep")


def _facts(composition: Composition) -> list[str]:
    bars = check_bars(composition.tune)
    count = len(composition.char_probs)
    return [
        _("Ended by itself")
        if composition.is_complete
        else ngettext("Cut after {count} character", "Cut after {count} characters", count).format(
            count=count
        ),
        _time_kept(bars),
        _("model {name} ({fingerprint})").format(
            name=plain(composition.checkpoint), fingerprint=plain(composition.fingerprint[:6])
        ),
        _("seed {seed}").format(seed=composition.seed),
        _("temperature {value:g}").format(value=composition.config.temperature),
        *([_changes(len(composition.edits))] if composition.edits else []),
    ]


def _changes(count: int) -> str:
    return ngettext("{count} change by hand", "{count} changes by hand", count).format(count=count)
