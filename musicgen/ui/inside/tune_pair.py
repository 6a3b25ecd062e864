"""Two tunes of one seed, one above the other: both heard, what differs marked, and in figures."""

import math

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.errors import AudioError
from musicgen.evaluation.measures.tonality import agrees_with_profile
from musicgen.interpretation.comparison import Comparison, HeardKey, TuneReading, compare_tunes
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Tune
from musicgen.sampling.composer import Composition
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _
from musicgen.ui.components.audio import start
from musicgen.ui.components.score import score
from musicgen.ui.components.text_block import text_block
from musicgen.ui.inside.subject import of_composition, sound_or_none
from musicgen.ui.tune import rendering

FIRST, SECOND = "first", "second"
_TONICS = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"]
_MODES = {"major": N_("{tonic} major"), "minor": N_("{tonic} minor")}


def show_pair(
    plain: Composition, changed: Composition | None, words: str, listen: str, *, is_new: bool
) -> DeltaGenerator:
    """Draws both tunes; the second starts by itself where it is new.

    The place below the figures comes back: what takes longer than a tune is put there afterwards.

    Args:
        plain: As the network composes.
        changed: As it composes with something changed; None where nothing was asked for yet.
        words: What was changed.
        listen: What to listen for; empty for nothing special.
        is_new: Whether it was asked for just now.
    """
    left, right = st.columns(2)
    with left:
        st.markdown(f"**1 · {_('As it is')}**")
        first_place = st.container(key="inside_first")
    with right:
        st.markdown(f"**2 · {_('Changed')}**")
        second_place = st.container(key="inside_second")
    if changed is None:
        second_place.caption(
            _("Choose what to silence, and press the button: the same seed is composed again, and "
              "you hear what it was for.")
        )  # fmt: skip
        _play(plain, first_place)
        _draw(plain, FIRST, ())
        return st.empty()
    if listen:
        st.info(listen, icon=":material/hearing:")
    first_place.caption(_("seed {seed}").format(seed=plain.seed))
    second_place.caption(words)
    _play(plain, first_place)
    if _play(changed, second_place) and is_new:
        start(".st-key-inside_second audio", f"inside {changed.fingerprint} {changed.seed}"
              f" {st.session_state.get('inside_clicks')}", "starter_inside")  # fmt: skip
    compared = compare_tunes(plain.tune, changed.tune)
    _say_share(compared)
    _figures(plain, changed, compared)
    below = st.empty()
    firsts = tuple(one.first for one in compared.notes if one.kind != "same")
    seconds = tuple(one.second for one in compared.notes if one.kind != "same")
    st.markdown(f"**1 · {_('As it is')}**")
    _draw(plain, FIRST, firsts)
    st.markdown(f"**2 · {_('Changed')}**")
    _draw(changed, SECOND, seconds)
    return below


def _play(composition: Composition, place: DeltaGenerator) -> bool:
    """Puts the player in its place; a sentence where nothing sounds."""
    sound, silence = sound_or_none(of_composition(composition))
    if sound:
        place.audio(sound.wav, "audio/wav")
        return True
    if isinstance(silence, AudioError):
        place.warning(sentence(silence), icon=":material/volume_off:")
    return False


def _draw(composition: Composition, name: str, differing: tuple[int | None, ...]) -> None:
    """The score with the notes that differ marked; the text where nothing sounds."""
    subject = of_composition(composition)
    sound, _silence = sound_or_none(subject)
    if not sound:
        text_block(subject.text)
        return
    notes = subject.shown.notes
    marks = [(notes[one].start, notes[one].end)
             for one in differing if one is not None and one < len(notes)]  # fmt: skip
    score(
        rendering.layouts(subject.shown, sound, marks=marks),
        [onset for _start, onset, _length in sound.moments],
        [length for _start, _onset, length in sound.moments],
        key=f"inside_score_{name}",
        audio=f".st-key-inside_{name} audio",
        library=resources.paths().abcjs,
    )


def _say_share(compared: Comparison) -> None:
    if compared.same_share == 1.0:
        st.success(_("Not a note differs."), icon=":material/equal:")
        return
    begin = next((number for number, one in enumerate(compared.notes) if one.kind != "same"), 0)
    st.caption(
        _("{share:.0%} of the notes are the same; the first that differs is note {number}. Those "
          "that differ are underlined in both scores.").format(
              share=compared.same_share, number=begin + 1)
    )  # fmt: skip


def _figures(plain: Composition, changed: Composition, compared: Comparison) -> None:
    readings = (compared.first, compared.second)
    tunes = (plain.tune, changed.tune)
    rows = {
        _("Bars in time"): [_in_time(tune) for tune in tunes],
        _("Key heard"): [_key(one.heard) for one in readings],
        _("It is the key stated"): [_yes(agrees_with_profile(tune)) for tune in tunes],
        _("Bars that come again"): [_repetition(one) for one in readings],
        _("Bars"): [str(one.bars) for one in readings],
        _("Notes"): [str(one.notes) for one in readings],
        _("Ended by itself"): [_yes(one.is_complete) for one in (plain, changed)],
    }
    first, second = zip(*rows.values(), strict=True)
    columns = {" ": list(rows), _("As it is"): list(first), _("Changed"): list(second)}
    st.table(columns, border="horizontal", hide_index=True)


def _in_time(tune: Tune) -> str:
    report = check_bars(tune)
    if not report.is_in_time and not report.wrong:
        return _("no meter to keep")
    right = len(report.bars) - len(report.wrong)
    return _("{right} of {count}").format(right=right, count=len(report.bars))


def _key(heard: HeardKey | None) -> str:
    return _(_MODES[heard.mode]).format(tonic=_TONICS[heard.tonic]) if heard else "–"


def _yes(value: bool | None) -> str:
    return "–" if value is None else _("yes") if value else _("no")


def _repetition(one: TuneReading) -> str:
    return "–" if math.isnan(one.repetition) else f"{one.repetition:.0%}"
