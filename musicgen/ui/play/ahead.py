"""The tune of the next click on Compose, made while one listens to the one before.

That of the very first click is made when the server starts, as the controls are at first, and is
the first visitor's. Whose controls ask for something else has their own made, as ever.
"""

import contextlib
import random
from collections.abc import Hashable
from functools import cache

from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.jobs.compose_ahead import Check, is_switched_on
from musicgen.models.checkpoint import (
    METADATA_FILE,
    Checkpoint,
    CheckpointRef,
    list_checkpoints,
)
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.composer import Composition, compose
from musicgen.storage import modified_ns
from musicgen.ui.base import resources, state
from musicgen.ui.base.bounded_cache import BoundedCache
from musicgen.ui.play import controls
from musicgen.ui.tune import listening, rendering
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Sound
from musicgen.ui.tune.permalink import DRAWN_SEEDS
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session

FIRST = "whoever comes first"
"""The owner of the tune that is made when the server starts, until somebody comes."""


@cache
def _first_seed() -> int:
    """Of that tune: drawn once for the server."""
    return random.randrange(DRAWN_SEEDS)


def compose_for_the_first() -> bool:
    """Has the tune of the first click made, in no session; whether there is a model.

    Composing ahead may be switched off: nobody is given the tune then, but what makes one is there.
    """
    models = list_checkpoints(resources.server_paths())
    if not models:
        return False
    ref = models[0]
    request = Request(ref.name, SampleConfig(seed=_first_seed()))
    usual = listening.from_parameters({})
    maker = _Maker(ref, request, usual, resources.networks(), rendering.sounds())
    resources.tunes_ahead().ask(FIRST, _key(request, ref), maker, delay_s=0.0)
    return True


def compose_ahead(models: Models) -> None:
    """Has the next tune made as the controls are now; at the end of the page's script.

    Not where the seed is locked: its tune is there already.
    """
    if not models or not is_switched_on():
        return
    owner = play_session().name
    if state.SEED_LOCKED.get():
        resources.tunes_ahead().cancel(owner)
        return
    with contextlib.suppress(MusicgenError):  # said when it is asked for
        ref = models.find(state.MODEL.get())
        if state.NEXT_SEED.get() is None:
            _take_over_the_first(owner, ref)
        request = Request(ref.name, controls.settings(controls.next_seed()))
        maker = _Maker(ref, request, listening.chosen(), resources.networks(), rendering.sounds())
        resources.tunes_ahead().ask(owner, _key(request, ref), maker)


def _take_over_the_first(owner: str, ref: CheckpointRef) -> None:
    """Makes the tune of the server's start that of this visit, if it is the first and wants it."""
    seed = _first_seed()
    key = _key(Request(ref.name, controls.settings(seed)), ref)
    if resources.tunes_ahead().hand_over(FIRST, owner, key):
        state.NEXT_SEED.set(seed)


def take(due: Request, ref: CheckpointRef) -> list[Composition] | None:
    """All takes of what is wanted, if they were made ahead; waits where they are under way."""
    if due.edits or not is_switched_on():
        return None
    key = _key(due, ref)
    return resources.tunes_ahead().take(play_session().name, key)


def _key(request: Request, ref: CheckpointRef) -> Hashable:
    return ref.path, modified_ns(ref.path / METADATA_FILE), request.config


class _Maker:
    """What the thread calls: it touches nothing of the page."""

    def __init__(
        self,
        ref: CheckpointRef,
        request: Request,
        playback: PlaybackSettings,
        networks: BoundedCache[Checkpoint],
        sounds: BoundedCache[Sound],
    ) -> None:
        self._ref = ref
        self._request = request
        self._playback = playback
        self._networks = networks
        self._sounds = sounds

    def __call__(self, check: Check) -> list[Composition]:
        """Composes all takes, and renders the sound of the first."""
        checkpoint = resources.load_from(self._networks, self._ref)
        check()
        takes = compose(checkpoint, self._request.config, lambda _texts: check())
        check()
        with contextlib.suppress(MusicgenError):  # as the page, which shows the score alone
            rendering.perform(self._request, takes[0], self._playback, self._sounds)
        return takes
