"""The players of a page: one sounds at a time, one is started, one that is gone is let go."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).parent


def enforce_single_audio(is_on_air: bool, steps: Sequence[str]) -> None:
    """Of several players one sounds, those that are gone are let go; Back leads to tunes.

    Args:
        is_on_air: This session has a row of tunes; else one that a browser still plays is over.
        steps: Parameters of an address that make no step of their own.
    """
    _minder()(key="starter_minder", data={"isOnAir": is_on_air})
    _steps()(key="starter_steps", data={"names": list(steps)})


def start(audio: str, name: str, key: str = "starter", *, follows: bool = False) -> None:
    """Starts a player, once for each name; to be drawn after the player.

    Args:
        audio: Selector of the player.
        name: Of this start; empty for none.
        key: Begins with ``starter``, by which the style hides it.
        follows: Goes on where the player before it was, and only if that was sounding.
    """
    _starter()(key=key, data={"audio": audio, "name": name, "follows": follows})


@cache
def _minder() -> ComponentRenderer:
    script = (_HERE / "audio.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_players", js=script)


@cache
def _steps() -> ComponentRenderer:
    script = (_HERE / "steps.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_steps", js=script)


@cache
def _starter() -> ComponentRenderer:
    script = (_HERE / "start.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_start", js=script)
