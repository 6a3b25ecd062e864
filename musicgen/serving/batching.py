"""Steps of tunes that are composed at the same time become one step of a batch.

Each request composes in a thread of its own, with the engine that it is given here. A step waits
until all that compose have asked for theirs, or a moment has gone by; then one of them steps the
network once for all. To read the weights costs most of a step, so sixteen tunes cost little more
than one. What a tune hears is its own state alone.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from musicgen.sampling.engine import Engine, EngineState, Ids, Logits

WAIT_S = 0.004
"""How long a step waits for those of others."""

MOST_TUNES = 64
"""Tunes of one step."""


@dataclass(eq=False)
class _Step:
    ids: Ids
    state: EngineState
    is_done: threading.Event = field(default_factory=threading.Event)
    found: tuple[Logits, EngineState] | None = None
    error: BaseException | None = None


class StepBatcher:
    """An engine for several threads that steps what they ask for at once.

    Args:
        engine: What steps the network; states are its own.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._running = threading.Lock()
        self._waiting: list[_Step] = []
        self._composing = 0
        self.steps = 0
        self.tunes = 0

    @contextmanager
    def composing(self) -> Iterator[None]:
        """Counts who composes meanwhile: a step waits for that many."""
        with self._lock:
            self._composing += 1
        try:
            yield
        finally:
            with self._lock:
                self._composing -= 1

    def init_state(self, batch_size: int) -> EngineState:
        """The engine's own."""
        return self._engine.init_state(batch_size)

    def read(self, ids: Ids) -> tuple[Logits, EngineState]:
        """Step by step, with the others."""
        state = self.init_state(1)
        for index in range(len(ids) - 1):
            _, state = self.step(ids[index : index + 1], state)
        return self.step(ids[-1:], state)

    def select(self, state: EngineState, rows: list[int]) -> EngineState:
        """The engine's own."""
        return self._engine.select(state, rows)

    def join(self, states: Sequence[EngineState]) -> EngineState:
        """The engine's own."""
        return self._engine.join(states)

    def step(self, ids: Ids, state: EngineState) -> tuple[Logits, EngineState]:
        """Logits and state of these tunes, stepped with those of other threads."""
        mine = _Step(ids, state)
        with self._lock:
            self._waiting.append(mine)
            is_last = len(self._waiting) >= self._composing
        if not is_last:
            mine.is_done.wait(WAIT_S)
        while not mine.is_done.is_set():
            with self._running:
                if not mine.is_done.is_set():
                    self._run(self._take(mine))
        if mine.error:
            raise mine.error
        assert mine.found is not None  # noqa: S101 - either that or an error, once it is done
        return mine.found

    def _take(self, mine: _Step) -> list[_Step]:
        """Steps to be made now, its own among them."""
        with self._lock:
            self._waiting.remove(mine)
            taken, count = [mine], len(mine.ids)
            while self._waiting and count + len(self._waiting[0].ids) <= MOST_TUNES:
                taken.append(self._waiting.pop(0))
                count += len(taken[-1].ids)
            return taken

    def _run(self, steps: list[_Step]) -> None:
        try:
            self._step_together(steps)
        except BaseException as error:  # noqa: BLE001 - each thread raises it where it waits
            for one in steps:
                one.error = error
        for one in steps:
            one.is_done.set()

    def _step_together(self, steps: list[_Step]) -> None:
        self.steps += 1
        self.tunes += sum(len(one.ids) for one in steps)
        if len(steps) == 1:
            steps[0].found = self._engine.step(steps[0].ids, steps[0].state)
            return
        joined = self._engine.join([one.state for one in steps])
        logits, state = self._engine.step(np.concatenate([one.ids for one in steps]), joined)
        first = 0
        for one in steps:
            last = first + len(one.ids)
            one.found = logits[first:last], self._engine.select(state, [*range(first, last)])
            first = last
