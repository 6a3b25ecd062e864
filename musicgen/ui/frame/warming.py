"""What Play needs is loaded when the server starts, before anybody has clicked.

The first tune would otherwise wait for the code of networks, the weights, the process that plays
and its soundfont. A short tune that nobody hears goes the whole way instead, in a thread of its
own, while the browser still opens the page. What other pages need is not loaded.
"""

import logging
import os
import threading
from pathlib import Path

from musicgen.config import Paths

SWITCH = "MUSICGEN_WARM_UP"
"""The environment variable that turns it off: ``0``."""

BARS = 2
_log = logging.getLogger(__name__)


def warm_up() -> threading.Thread | None:
    """Begins to load; the thread that does, or None where it is turned off."""
    if os.environ.get(SWITCH) == "0":
        return None
    thread = threading.Thread(target=load, name="musicgen-warming", daemon=True)
    thread.start()
    return thread


def load(paths: Paths | None = None) -> bool:
    """Composes and plays a short tune with the first model there is; whether that went well.

    Args:
        paths: Where models are; those of the server if None.
    """
    try:
        return _play(paths or Paths.default())
    except Exception as error:  # noqa: BLE001 - the page says what is wrong when it is asked for it
        _log.info("Nothing was loaded ahead: %s", error)
        return False


def _play(paths: Paths) -> bool:
    from musicgen.config import SampleConfig
    from musicgen.models.checkpoint import list_checkpoints, load_checkpoint
    from musicgen.rendering.files.formats import from_composition
    from musicgen.sampling.composer import compose

    models = list_checkpoints(paths)
    if not models:
        return False
    checkpoint = load_checkpoint(Path(models[0].path))
    tune = compose(checkpoint, SampleConfig(sections=1, bars=BARS, seed=0))[0]
    from_composition(tune).make("wav")
    return True
