"""Bars chosen by their numbers, for whoever cannot drag over the score, or would rather not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from musicgen.notation.analysis.bar_numbers import find_bars
from musicgen.ui.base.language import _
from musicgen.ui.base.state import Slot

Selection = tuple[int, int]
"""First and last bar as they are written, from 0."""


@dataclass(frozen=True, slots=True)
class BarChoice:
    """A popover with the first and the last bar, counted as musicians do.

    `first` and `last` are the slots of its fields, `select` takes what was chosen, and `key` names
    the popover.
    """

    first: Slot[int]
    last: Slot[int]
    select: Callable[[Selection | None], None]
    key: str

    def draw(self, numbers: Sequence[int], selected: Selection | None) -> None:
        """Draws it.

        Args:
            numbers: Of the bars, as `number_bars` gives them; at least one.
            selected: What is chosen now.
        """
        # With a key it stays the same popover, and open, while its label shows what was chosen.
        name = name_selection(numbers, selected)
        with st.popover(name, icon=":material/select_all:", key=f"{self.key}_popover"):
            st.caption(_("Drag over bars in the sheet music, or choose them here."))
            with st.container(horizontal=True, gap="small"):
                for label, slot, is_first in (
                    (_("From bar"), self.first, True),
                    (_("To bar"), self.last, False),
                ):
                    slot.set(min(max(numbers[0], slot.get()), numbers[-1]))
                    st.number_input(
                        label, numbers[0], numbers[-1], step=1, key=slot.name,
                        persist_state="session", width=130, on_change=self.typed,
                        args=(numbers, is_first),
                    )  # fmt: skip
            if selected is None:
                st.button(
                    _("Choose these bars"), key=f"choose_{self.key}", on_click=self._choose,
                    args=(numbers,),
                )  # fmt: skip

    def show(self, numbers: Sequence[int], selected: Selection) -> None:
        """Has the fields say what was chosen in the score."""
        for slot, index in ((self.first, selected[0]), (self.last, selected[1])):
            if index < len(numbers):
                slot.set(numbers[index])

    def typed(self, numbers: Sequence[int], is_first: bool) -> None:
        """Chooses the bars of the fields, of which one was changed; the other comes along."""
        if is_first:
            self.last.set(max(self.first.get(), self.last.get()))
        else:
            self.first.set(min(self.first.get(), self.last.get()))
        self._choose(numbers)

    def _choose(self, numbers: Sequence[int]) -> None:
        self.select(find_bars(numbers, self.first.get(), self.last.get()))


def name_selection(numbers: Sequence[int], selected: Selection | None) -> str:
    """What is chosen, in words."""
    if selected is None:
        return _("Choose bars")
    first, last = numbers[selected[0]], numbers[selected[1]]
    if first == last:
        return _("Bar {number}").format(number=first)
    return _("Bars {first}–{last}").format(first=first, last=last)
