"""What a listener sees: consent, practice, pairs one after the other, and a code at the end.

Nothing on the page says which version a tune is: sounds are files without a name or a comment, and
the order is known to the server alone. The browser keeps a random id, so that one goes on where one
was after the browser was closed.
"""

import time
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.audio.midi import timeline
from musicgen.errors import StudyError
from musicgen.listening.plan import (
    MOST_RATING,
    PAIR_QUESTIONS,
    RATING_ENDS,
    RATING_QUESTIONS,
    StudyPlan,
)
from musicgen.listening.store import (
    LEFT,
    MOST_YEARS,
    RIGHT,
    TIE,
    Listener,
    StudyInfo,
    StudyStore,
)
from musicgen.listening.trials import NOBODY, PRACTICE, Trial
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.playback_settings import AS_DANCED
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _, current_language, ngettext
from musicgen.ui.base.words import plain
from musicgen.ui.components.score import score
from musicgen.ui.components.text_block import text_block
from musicgen.ui.listen.study_view import STUDY_PARAMETER
from musicgen.ui.tune import rendering

_HERE = Path(__file__).parent
_MEMORY = "starter_listener"
_KEYS = "starter_listen_keys"
_MIME = "audio/mpeg"
_MINUTES_FOR_A_PAIR = 1.25
_FEW_LEFT = 2
"""Trials for which nobody needs a break any more."""

SIDES = ("first", "second")


def listen(study: str) -> None:
    """The listener's side of a study.

    Args:
        study: Its id, from the address.

    Raises:
        StudyError: there is none, or it is over.
    """
    st.html(_HERE / "listener.css")
    info = _store().get(study)
    if info.id != study:
        raise StudyError("There is no study {id!r}.", id=study[:40])
    listener = _find_listener(info)
    _remember(info.id, listener)
    st.subheader(plain(info.plan.title), anchor=False)
    if listener is None:
        _consent(info)
        return
    trial = _store().next_trial(listener.id)
    count = len(_store().trials(listener.id))
    if trial is None:
        _thanks(listener)
    elif not info.is_open:
        raise StudyError("This study is over. Thank you for wanting to take part.")
    elif _is_break(info.plan, trial, count):
        _break(trial)
    else:
        _show(info, listener, trial, count)


def _store() -> StudyStore:
    """Where the study of the address lies."""
    return resources.store_of_study(st.query_params.get(STUDY_PARAMETER, ""))


def _find_listener(info: StudyInfo) -> Listener | None:
    found = _store().listener(state.LISTENER.get())
    return found if found and found.study == info.id else None


def _remember(study: str, listener: Listener | None) -> None:
    """Lets the browser keep the id of a listener, or say the one that it kept."""
    _memory()(
        key=_MEMORY,
        data={"study": study, "listener": listener.id if listener else ""},
        on_listener_change=_take_over,
    )


def _take_over() -> None:
    """Continues as the listener that the browser names. It may send anything."""
    found: Any = (st.session_state.get(_MEMORY) or {}).get("listener")
    if isinstance(found, str) and _store().listener(found):
        state.LISTENER.set(found)


def _consent(info: StudyInfo) -> None:
    settings = info.plan.settings
    if not info.is_open:
        raise StudyError("This study is over. Thank you for wanting to take part.")
    count = settings.pairs + settings.checks + int(settings.practice)
    if settings.is_paired:
        st.write(
            _("You will hear {count} pairs of tunes, and say each time: {question} It takes some "
              "{minutes} minutes.").format(
                count=count,
                question=_(PAIR_QUESTIONS[settings.scale_names[0]]),
                minutes=_minutes(count, settings.seconds),
            )
        )  # fmt: skip
    else:
        st.write(
            _("You will hear {count} tunes, and rate each. It takes some {minutes} minutes.")
            .format(count=count, minutes=_minutes(count, settings.seconds // 2))
        )  # fmt: skip
    st.write(
        _("All tunes are played by the same instrument at the same loudness, at the tempo that is "
          "usual for their meter.")
        + (" " + _("All are in keys on D.") if settings.same_key else "")
    )  # fmt: skip
    st.write(
        _("Taking part is up to you, and you may stop at any time. What is kept: your answers, "
          "when you gave them and how long each took, the language of this page, and, if you say "
          "so, for how many years you have played. No name, no address; your browser keeps a "
          "random number, so that you can go on later.")
    )  # fmt: skip
    st.number_input(
        _("For how many years have you played an instrument? (You need not say.)"),
        0, MOST_YEARS, None, key="listen_years", width=420,
    )  # fmt: skip
    st.button(
        _("I agree: begin"),
        key="listen_begin",
        type="primary",
        icon=":material/headphones:",
        on_click=attempt,
        args=(_enrol, info.id),
    )


def _minutes(count: int, seconds: int) -> int:
    each = 2 * seconds / 60 * _MINUTES_FOR_A_PAIR if seconds else 2.0
    return max(1, round(count * each))


def _enrol(study: str) -> None:
    years = st.session_state.get("listen_years")
    listener = _store().enrol(study, current_language(), int(years) if years is not None else None)
    state.LISTENER.set(listener.id)


def _is_break(plan: StudyPlan, trial: Trial, count: int) -> bool:
    """Whether a break is due before a trial: not where hardly anything is left."""
    after = plan.settings.break_after
    done = trial.position - plan.practice_slots
    is_due = after > 0 and done > 0 and done % after == 0 and count - trial.position > _FEW_LEFT
    return is_due and state.LISTEN_RESTED.get() != trial.position


def _break(trial: Trial) -> None:
    st.write(
        ngettext("You have given {count} answer. They are all kept.",
                 "You have given {count} answers. They are all kept.", trial.position)
        .format(count=trial.position)
    )  # fmt: skip
    st.write(_("Take a break if you like. You may also close the page and come back later."))
    st.button(
        _("Go on"),
        key="listen_go_on",
        type="primary",
        shortcut="Enter",
        icon=":material/play_arrow:",
        on_click=state.LISTEN_RESTED.set,
        args=(trial.position,),
    )


def _show(info: StudyInfo, listener: Listener, trial: Trial, count: int) -> None:
    plan = info.plan
    words = (
        _("Pair {number} of {count}") if plan.settings.is_paired else _("Tune {number} of {count}")
    )
    st.progress(trial.position / count, words.format(number=trial.position + 1, count=count))
    if trial.kind == PRACTICE:
        st.info(_("This one is for practice: it does not count."), icon=":material/school:")
    if state.LISTEN_SHOWN.get()[:2] != (listener.id, trial.position):
        state.LISTEN_SHOWN.set((listener.id, trial.position, time.monotonic()))
    is_single = trial.right == NOBODY
    if not is_single:
        st.markdown(f"#### {_(PAIR_QUESTIONS[plan.settings.scale_names[0]])}")
    columns = [st.container()] if is_single else st.columns(2)
    for side, version, column in zip(SIDES, (trial.left, trial.right), columns, strict=False):
        with column:
            _player(info, trial, side, version)
    is_heard = state.LISTEN_HEARD.get() == f"{listener.id} {trial.position}"
    if not is_heard:
        st.caption(
            _("Listen for some seconds first.")
            if is_single
            else _("Listen to each for some seconds first.")
        )
    scales: list[str] = []
    if is_single:
        scales = _rate(plan, listener, trial, is_heard=is_heard)
    else:
        _choose(plan, listener, trial, is_heard=is_heard)
    _keys()(
        key=_KEYS,
        data={
            "trial": f"{listener.id} {trial.position}",
            "count": len(columns),
            "scales": scales,
        },
        on_heard_change=_note_heard,
    )


def _player(info: StudyInfo, trial: Trial, side: str, version: int) -> None:
    tune = _store().tune(info.id, trial.slot, version)
    label = _("First tune") if side == SIDES[0] else _("Second tune")
    if trial.right != NOBODY:
        key = "A" if side == SIDES[0] else "B"
        st.markdown(f"**{label}** :gray-badge[{key}]")
    with st.container(key=f"listen_{side}"):
        st.audio(tune.sound, _MIME)
    if info.plan.settings.has_score:
        read = read_tune(tune.abc)[0]
        moments = timeline(read, AS_DANCED)
        score(
            rendering.lay_out(read, moments),
            [onset for _start, onset, _length in moments],
            [length for _start, _onset, length in moments],
            key=f"listen_score_{side}",
            audio=f".st-key-listen_{side} audio",
            library=resources.paths().abcjs,
        )


def _choose(plan: StudyPlan, listener: Listener, trial: Trial, *, is_heard: bool) -> None:
    answers = [(LEFT, _("The first"), "1"), (RIGHT, _("The second"), "2")]
    if plan.settings.ties:
        answers.insert(1, (TIE, _("I cannot decide"), "0"))
    with st.container(horizontal=True, key="listen_answers"):
        for answer, label, shortcut in answers:
            st.button(
                label,
                key=f"listen_{answer}",
                shortcut=shortcut,
                type="secondary" if answer == TIE else "primary",
                disabled=not is_heard,
                on_click=attempt,
                args=(_vote, listener.id, trial.position, answer),
            )
    st.caption(
        _("Keys: A and B play the tunes, 1 and 2 choose, 0 says that you cannot decide.")
        if plan.settings.ties
        else _("Keys: A and B play the tunes, 1 and 2 choose.")
    )


def _rate(plan: StudyPlan, listener: Listener, trial: Trial, *, is_heard: bool) -> list[str]:
    """The scales; returns the keys of their fields, in order."""
    chosen: dict[str, int] = {}
    keys = []
    for name in plan.settings.scale_names:
        low, high = RATING_ENDS[name]
        keys.append(f"listen_rating_{name}_{trial.position}")
        value = st.segmented_control(
            _("{question} (1: {low}, {most}: {high})").format(
                question=_(RATING_QUESTIONS[name]), low=_(low), most=MOST_RATING, high=_(high)
            ),
            range(1, MOST_RATING + 1),
            key=keys[-1],
        )
        if value:
            chosen[name] = int(value)
    act_button(
        _("Next"), "listen_next", _vote, listener.id, trial.position, chosen,
        type="primary", shortcut="Enter",
        disabled=not is_heard or len(chosen) < len(plan.settings.scale_names),
    )  # fmt: skip
    st.caption(
        _("Keys: A plays the tune, 1 to 5 rate it, one scale after the other, Enter goes on.")
        if len(keys) > 1
        else _("Keys: A plays the tune, 1 to 5 rate it, Enter goes on.")
    )
    return keys


def _vote(listener: str, position: int, answer: str | dict[str, int]) -> None:
    shown = state.LISTEN_SHOWN.get()
    started = shown[2] if shown[:2] == (listener, position) else time.monotonic()
    spent_ms = round((time.monotonic() - started) * 1000)
    _store().vote(listener, position, answer, spent_ms)


def _note_heard() -> None:
    """The browser says for which trial all tunes were heard for some seconds."""
    found: Any = (st.session_state.get(_KEYS) or {}).get("heard")
    if isinstance(found, str) and len(found) < 80:
        state.LISTEN_HEARD.set(found)


def _thanks(listener: Listener) -> None:
    st.success(_("Thank you: all your answers are kept."), icon=":material/done_all:")
    st.write(_("If you were asked for a code, it is this one:"))
    text_block(listener.code)


@cache
def _memory() -> ComponentRenderer:
    script = (_HERE / "listener_memory.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_listener", js=script)


@cache
def _keys() -> ComponentRenderer:
    script = (_HERE / "listener_keys.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_listen_keys", js=script)
