"""The tune on the screen: composed when asked for, then sound, score, files, and what it is."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.audio.practice import beats_per_minute
from musicgen.errors import MusicgenError
from musicgen.library.book_tune import name_key
from musicgen.library.serialization import from_values
from musicgen.notation.analysis.bars import BarReport, check_bars
from musicgen.sampling.composer import Composition
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence, show_error
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.uninterrupted import uninterrupted
from musicgen.ui.base.words import plain
from musicgen.ui.components.audio import start
from musicgen.ui.components.text_block import text_block
from musicgen.ui.frame.waits import noting
from musicgen.ui.play import ahead
from musicgen.ui.play.controls import write_address
from musicgen.ui.play.score_editor import score_editor
from musicgen.ui.play.tune_bar import tune_bar
from musicgen.ui.tune import listening, novelty_view, permalink, rendering
from musicgen.ui.tune.downloads import downloads
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.rendering import PLAYER
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session
from musicgen.ui.tune.sound_controls import sound_controls
from musicgen.ui.tune.tune_words import name_music_key, name_rhythm
from musicgen.watching import COMPOSE, RENDER, SOUND


def tune_on_screen(models: Models) -> None:
    """Composes what is wanted, if it is not there yet, and shows it; nothing before the first.

    Where it cannot be composed, the sentence that says why stands above the tune before.
    """
    notice = st.container(key="notice")
    sound = st.container(key="sound")
    due, shown = play_session().due, play_session().shown
    if due:
        # Placeholders clear away the tune before; drawn again later without them, at the same
        # place, sound and score are the same elements to the browser, and go on undisturbed.
        player_slot, stage = sound.empty(), st.empty()
        try:
            shown = _compose(due, stage, models)
        except MusicgenError as error:
            show_error(error, notice)
            _put_back(shown, sound, player_slot, stage, models)
            return
        _show(shown, sound, player_slot, stage.container(key="tune"), models)
    elif shown:
        try:
            shown = _play_as_chosen(shown)
        except MusicgenError as error:
            show_error(error, notice)
        _show(shown, sound, sound, st.container(key="tune"), models)


def _compose(due: Request, stage: DeltaGenerator, models: Models) -> Performance:
    """Composes and keeps the result; what fails is not wanted any more, what is interrupted is."""
    play_session().begin()
    try:
        with (
            resources.registry().foreground_priority.foreground(),
            noting(SOUND, due.model, "Play"),
        ):
            composition = play_session().recall(due) or _compose_takes(due, stage, models)
            with noting(RENDER, due.model, "Play"):
                shown = _perform(due, composition)
    except MusicgenError:
        play_session().give_up()
        raise
    play_session().show(shown)
    _write_address(shown)
    return shown


def _play_as_chosen(shown: Performance) -> Performance:
    """The same tune as the controls of the sound say now.

    Raises:
        NotationError: it cannot be moved to that key; what is shown stays.
    """
    chosen = listening.chosen()
    if chosen != shown.listening:
        shown = rendering.perform(shown.request, shown.composition, chosen)
        play_session().replay(shown)
        _write_address(shown)
    return shown


def _compose_takes(due: Request, stage: DeltaGenerator, models: Models) -> Composition:
    ref = models.find(due.model)
    checkpoint = resources.checkpoint(ref)
    if known := play_session().find(due, checkpoint.fingerprint):
        return known
    with noting(COMPOSE, due.model, "Play"):
        takes = ahead.take(due, ref) or rendering.compose_takes(
            checkpoint, due, stage, play_session().shown
        )
    play_session().keep(due, takes)
    return takes[due.take]


def _put_back(
    shown: Performance | None,
    sound: DeltaGenerator,
    player_slot: DeltaGenerator,
    stage: DeltaGenerator,
    models: Models,
) -> None:
    """Puts the tune before back in its place, at rest, when no new one came."""
    stage.empty()
    if shown:
        play_session().rest()
        _show(shown, sound, player_slot, stage.container(key="tune"), models)


def _perform(request: Request, composition: Composition) -> Performance:
    return rendering.perform(request, composition, listening.chosen())


def _write_address(shown: Performance) -> None:
    parameters = permalink.to_parameters(shown.request)
    parameters |= listening.to_parameters(shown.listening)
    with uninterrupted():
        state.ADDRESS.set(parameters)
        write_address(parameters)


def _show(
    shown: Performance,
    sound: DeltaGenerator,
    player_slot: DeltaGenerator,
    stage: DeltaGenerator,
    models: Models,
) -> None:
    if shown.sound:
        player_slot.audio(shown.sound.wav, "audio/wav")
        with sound:
            start(PLAYER, play_session().click, follows=play_session().is_same_place)
    with stage:
        _show_tune(shown, models)


def _show_tune(shown: Performance, models: Models) -> None:
    tune_bar(shown)
    if shown.silence:
        st.warning(sentence(shown.silence), icon=":material/volume_off:")
    tune = shown.composition.public_tune
    newness = novelty_view.look_up(shown.request.model, shown.composition.abc, models)
    if shown.sound:
        marks = novelty_view.marks(newness)
        score_editor(shown, shown.sound, PLAYER, models, marks, partial(sound_controls, tune))
    else:
        sound_controls(tune)
    novelty_view.novelty_line(newness, shown.request.model, models)
    downloads(shown, lambda: _all_takes(shown))
    st.caption(" · ".join(_facts(shown.composition)))
    if shown.sound and shown.sound.is_fallback:
        st.caption(rendering.better_sound())
    with st.expander(_("The text the network wrote"), icon=":material/notes:"):
        text_block(shown.composition.public_abc)


def _all_takes(shown: Performance) -> list[Performance]:
    """The tune on the screen and the takes that were composed with it, in order."""
    entry = play_session().history.current
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
    tune = composition.public_tune
    bpm = beats_per_minute(tune) * listening.chosen().arrangement.tempo_factor
    count = len(composition.char_probs)
    return [
        *filter(
            None,
            (
                plain(name_rhythm(tune.rhythm)),
                tune.meter.text,
                plain(name_music_key(name_key(tune.key))),
            ),
        ),
        _("{bpm:.0f} beats a minute").format(bpm=bpm),
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
        *([_choice(composition)] if composition.log_odds else []),
        *([_changes(len(composition.edits))] if composition.edits else []),
    ]


def _choice(composition: Composition) -> str:
    """Which of its drawings a critic kept."""
    return _("drawing {number} of {count}, chosen by the critic").format(
        number=composition.chosen + 1, count=len(composition.log_odds)
    )


def _changes(count: int) -> str:
    return ngettext("{count} change by hand", "{count} changes by hand", count).format(count=count)
