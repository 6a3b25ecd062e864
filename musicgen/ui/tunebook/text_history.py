"""The texts that a tune had in this visit: what was changed can be taken back, and done again."""

import threading
from dataclasses import dataclass, field

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import BookTune
from musicgen.library.tunebook import Tunebook
from musicgen.ui.base import resources, state

MAX_TEXTS = 200
"""Texts of one tune that are kept, the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class TextHistory:
    """Texts in the order in which they came, and the place of the one that counts.

    `recipe` is how the first of them was composed; empty for a text that was brought.
    """

    texts: tuple[str, ...]
    recipe: str = ""
    at: int = 0

    def push(self, text: str) -> "TextHistory":
        """With a new text behind the one that counts; those after it are gone."""
        kept = (*self.texts[: self.at + 1], text)
        recipe = self.recipe if len(kept) <= MAX_TEXTS else ""
        kept = kept[-MAX_TEXTS:]
        return TextHistory(kept, recipe, len(kept) - 1)

    def step(self, by: int) -> "TextHistory":
        """One text back (-1) or forward (1), as far as there are any."""
        at = min(max(self.at + by, 0), len(self.texts) - 1)
        return TextHistory(self.texts, self.recipe, at)

    @property
    def text(self) -> str:
        """The text that counts."""
        return self.texts[self.at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a text before."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a text behind."""
        return self.at < len(self.texts) - 1


@dataclass
class Desk:
    """What is being changed in this visit: one object, which is changed in place.

    Streamlit may end a script at each access to session state, in a callback too, and begin the
    next one in another thread before. What belongs together is therefore changed here, under a
    lock and with all accesses before it: all of it happens, once, or nothing.

    Attributes:
        shown: The key of the tune that is looked at.
        note: The note of it that is chosen, from 0 as written.
        applied: The number of the last change on the score that was made.
        refused: Why the last change was not made; None where it was.
        past: The texts of each tune that was changed, by its key.
        lock: Held while changes are made.
    """

    shown: str = ""
    note: int = 0
    applied: int = 0
    refused: MusicgenError | None = None
    past: dict[str, TextHistory] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def history_of(self, tune: BookTune, book: Tunebook) -> TextHistory:
        """What is known of a tune; its text alone where it was changed elsewhere meanwhile."""
        known = self.past.get(tune.key)
        if known is not None and known.text == tune.text:
            return known
        return TextHistory((tune.text,), book.recipe(tune.key))

    def change_text(self, book: Tunebook, key: str, abc: str) -> None:
        """Gives a tune another text, which can be taken back.

        Raises:
            NotationError: there is no tune in the text.
            TunebookError: it is gone.
        """
        before = book.get(key)
        if abc in (before.text, before.abc):
            return
        history = self.history_of(before, book)
        self.past[key] = history.push(book.rewrite(key, abc).text)

    def step(self, book: Tunebook, key: str, by: int) -> None:
        """Goes a text back (-1) or forward (1).

        Raises:
            TunebookError: the tune is gone.
        """
        history = self.history_of(book.get(key), book)
        moved = history.step(by)
        if moved.at != history.at:
            book.rewrite(key, moved.text, "" if moved.at else moved.recipe)
            self.past[key] = moved


def desk() -> Desk:
    """The desk of this visit."""
    found: Desk | None = state.TUNEBOOK_DESK.get()
    if found is None:
        found = Desk()
        state.TUNEBOOK_DESK.set(found)
    return found


def change_text(key: str, abc: str) -> None:
    """Gives a tune of the tunebook another text, which can be taken back.

    Raises:
        NotationError: there is no tune in the text.
        TunebookError: it is gone.
    """
    desk().change_text(resources.tunebook(), key, abc)
