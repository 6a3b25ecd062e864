"""What a page says when the program behind it has gone."""

from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import _

START_COMMANDS = ("make run", "python -m musicgen app")
"""How the program is started, in its folder."""

_HERE = Path(__file__).parent


def watch_connection() -> None:
    """Sends the texts that a page shows when the server does not respond; on every page."""
    _watcher()(
        key="starter_connection",
        data={
            "title": _("The program has stopped"),
            "text": _(
                "The program behind this page no longer answers: it was stopped, or this computer "
                "was asleep. Start it again in its folder with one of the commands below. This "
                "page then goes on by itself: the tune on it is in its address, and favourites, "
                "trainings and reports are kept on the disk."
            ),
            "commands": START_COMMANDS,
        },
    )


@cache
def _watcher() -> ComponentRenderer:
    script = (_HERE / "connection.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_connection", js=script)
