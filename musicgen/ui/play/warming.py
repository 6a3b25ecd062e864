"""The first click of the first visitor is made ready when the server starts.

It would otherwise wait for the code of networks, the weights, the process that plays and its
soundfont, and then for all that composing takes. A thread of its own has the tune made while the
browser still opens the page, and whoever comes first is given it (`ui.play.ahead`). What other
pages need is not loaded.
"""

import logging
import os
import threading

SWITCH = "MUSICGEN_WARM_UP"
"""The environment variable that turns it off: ``0``."""

_log = logging.getLogger(__name__)


def warm_up() -> threading.Thread | None:
    """Begins to load; the thread that does, or None where it is turned off."""
    if os.environ.get(SWITCH) == "0":
        return None
    thread = threading.Thread(target=load, name="musicgen-warming", daemon=True)
    thread.start()
    return thread


def load() -> bool:
    """Asks for the first tune; whether there is a model to make it.

    It loads torch, which takes a second: call it in a thread. Of Streamlit it touches what is kept
    for all sessions, nothing of a page.
    """
    try:
        from musicgen.ui.play.ahead import compose_for_the_first

        return compose_for_the_first()
    except Exception as error:  # noqa: BLE001 - the page says what is wrong when it is asked for it
        _log.info("Nothing was loaded ahead: %s", error)
        return False
