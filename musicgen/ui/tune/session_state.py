"""Where a browser session keeps its tune on the screen."""

from musicgen.ui.base import state
from musicgen.ui.tune.play_session import PlaySession


def play_session() -> PlaySession:
    """The play session of this browser session, made where there is none yet.

    Ask for it right before each change, and keep it nowhere: a script run that a newer one has
    taken over ends here, and so changes nothing any more.
    """
    found: PlaySession | None = state.PLAY_SESSION.get()
    if found is None:
        found = PlaySession()
        state.PLAY_SESSION.set(found)
    return found
