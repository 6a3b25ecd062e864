"""The tune on the screen: what was asked for, what is shown, and the tunes before it.

`PlaySession` alone changes them, each with a method that is named after what happens. It draws
nothing and composes nothing: Play asks it what is due, composes that, and hands it over.
"""

import secrets
from collections.abc import Sequence

from musicgen.library.serialization import Values, from_values, to_values
from musicgen.sampling.composer import Composition
from musicgen.sampling.edit_list import MAX_EDITS, Edit
from musicgen.ui.tune.history import Entry, History, join
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.request import Request


class PlaySession:
    """What one visitor asked for, the tune on the screen, and the tunes before it."""

    def __init__(self) -> None:
        self._history = History()
        self._wanted: Request | None = None
        self._shown: Performance | None = None
        self._is_recalled = False
        self._click = ""
        self._is_same_place = False
        self._cue: tuple[str, int] | None = None
        self._name = secrets.token_hex(8)

    @property
    def name(self) -> str:
        """A name that no other play session has."""
        return self._name

    @property
    def wanted(self) -> Request | None:
        """The request whose tune is to be on the screen; None before the first."""
        return self._wanted

    @property
    def shown(self) -> Performance | None:
        """The tune on the screen."""
        return self._shown

    @property
    def history(self) -> History:
        """The tunes of this visit."""
        return self._history

    @property
    def due(self) -> Request | None:
        """What is wanted and not on the screen; None where nothing is to be done."""
        if self._wanted and (self._shown is None or self._shown.request != self._wanted):
            return self._wanted
        return None

    @property
    def click(self) -> str:
        """A name for the click that asked for the tune, so that it sounds; empty for none."""
        return self._click

    @property
    def is_same_place(self) -> bool:
        """Whether that click only changed how the tune sounds: then it goes on where it was."""
        return self._is_same_place

    @property
    def cue(self) -> tuple[str, int] | None:
        """A name for the last change made by hand, and the bar from which it is to be played."""
        return self._cue

    @property
    def can_change(self) -> bool:
        """Whether there is a tune on the screen that can have one more change."""
        return self._shown is not None and len(self._shown.request.edits) < MAX_EDITS

    # What somebody asks for.

    def ask(self, request: Request, *, is_heard: bool) -> None:
        """Asks for a tune to be composed; one that is shown already is played once more.

        Args:
            request: What is wanted.
            is_heard: Whether it sounds as soon as it is there.
        """
        if self._shown and self._shown.request == request and is_heard:
            self._shown = None
        self._wanted = request
        self._is_recalled = False
        self._click = _name_click() if is_heard else ""

    def change(self, edit: Edit, bar: int) -> None:
        """Asks for the tune on the screen with one more change; nothing unless `can_change`.

        Args:
            edit: The change.
            bar: Where it begins, counted from 0; the tune is played from there.
        """
        if self._shown is None or not self.can_change:
            return
        request = self._shown.request.alone()
        self._wanted = Request(request.model, request.config, (*request.edits, edit))
        self._click = ""
        self._cue = (_name_click(), bar)

    def undo_change(self) -> None:
        """Asks for the tune on the screen without its last change; nothing if it has none."""
        if self._shown and self._shown.request.edits:
            request = self._shown.request.alone()
            self._wanted = Request(request.model, request.config, request.edits[:-1])
            self._click = ""
            self._cue = None

    def step_to(self, at: int) -> None:
        """Asks for another entry of the history, the nearest there is to this number."""
        self._history = self._history.moved(at)
        self._ask_for_current()

    def switch_take(self, take: int) -> None:
        """Asks for another take of the tune on the screen."""
        self._history = self._history.with_take(take)
        self._ask_for_current()

    def reopen(self, request: Request) -> bool:
        """Asks for a tune of the history by its request; whether there is one.

        So Back and forward in the browser move along the history, and change nothing in it.
        """
        found = self._history.find(request)
        if found:
            self._history = found
            self._ask_for_current()
        return found is not None

    def open(self, request: Request, values: Values) -> None:
        """Asks for a tune that was composed elsewhere; it becomes the last of the history.

        Args:
            request: What it was composed from.
            values: The tune, as `library.serialization.to_values` has it.
        """
        self._history = self._history.added(Entry(request, (values,)))
        self._ask_for_current()

    def _ask_for_current(self) -> None:
        """Asks for the current entry to be shown and played, without composing it again."""
        entry = self._history.current
        if entry is None:
            return
        self._shown = None
        self._wanted = entry.request
        self._is_recalled = True
        self._click = _name_click()

    # What becomes of it.

    def begin(self) -> None:
        """What is due is being made; it will be played from its start."""
        self._is_same_place = False

    def recall(self, request: Request) -> Composition | None:
        """The current take of the history, if that is what was asked for.

        Raises:
            CompositionError: what was kept does not hold.
        """
        entry = self._history.current
        if not self._is_recalled or entry is None or entry.request != request:
            return None
        return from_values(entry.values)

    def find(self, request: Request, fingerprint: str) -> Composition | None:
        """The same composed earlier in this visit by the same network; it becomes the current one.

        Raises:
            CompositionError: what was kept does not hold.
        """
        for entry in self._history.entries:
            if entry.request == request and entry.values["fingerprint"] == fingerprint:
                self._history = self._history.added(Entry(request, entry.takes))
                return from_values(entry.takes[request.take])
        return None

    def keep(self, request: Request, takes: Sequence[Composition]) -> None:
        """Keeps what was composed, as the current entry of the history."""
        self._history = self._history.added(Entry(request, tuple(map(to_values, takes))))

    def show(self, performance: Performance) -> None:
        """What was asked for is on the screen."""
        self._shown = performance

    def give_up(self) -> None:
        """What was asked for cannot be had: the tune on the screen is wanted again."""
        self._wanted = self._shown.request if self._shown else None

    def replay(self, performance: Performance) -> None:
        """The tune on the screen sounds or is written in another way, and goes on where it was."""
        self._shown = performance
        self._click = _name_click()
        self._is_same_place = True

    def rename(self, performance: Performance) -> None:
        """The tune on the screen has another name, and is as it was."""
        entry = self._history.current
        if entry and entry.request == performance.request:
            self._history = self._history.with_values(to_values(performance.composition))
        self.replay(performance)

    def rest(self) -> None:
        """The tune on the screen does not sound by itself."""
        self._click = ""

    def continue_from(self, earlier: History) -> None:
        """Takes over the tunes of an earlier visit; what is wanted may be among them."""
        self._history = join(earlier, self._history)
        if self._wanted and self._shown is None:
            found = self._history.find(self._wanted)
            if found:
                self._history = found
                self._is_recalled = True


def _name_click() -> str:
    """A name that no other click has."""
    return secrets.token_hex(4)
