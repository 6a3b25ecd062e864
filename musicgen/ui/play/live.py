"""Composes anew when a setting changes while the seed is locked, to play its effect."""

from dataclasses import replace

from musicgen.ui.base import state
from musicgen.ui.play import controls
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session


def follow_changes() -> None:
    """Composes anew where a setting differs from when this session last looked at the controls.

    Only with the seed locked, a tune on the screen, and the switch on. A beginning that is typed
    waits for the button: half a bar is not complete.
    """
    seed = state.SEED.get()
    if seed is None:
        state.SEEN.set(None)
        return
    now, before = Request(state.MODEL.get(), controls.settings(seed)), state.SEEN.get()
    state.SEEN.set(now)
    shown = play_session().shown
    is_changed = before is not None and _without_prompt(now) != _without_prompt(before)
    is_on = state.SEED_LOCKED.get() and state.LIVE.get()
    if is_changed and is_on and shown and now != play_session().wanted:
        take = shown.request.take if shown.request.config.count == now.config.count else 0
        controls.ask(replace(now, take=take), is_heard=True)


def _without_prompt(request: Request) -> Request:
    return Request(request.model, request.config.replace(prompt=""))
