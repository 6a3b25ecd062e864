"""What may come next, as a mask over a vocabulary (V characters), remembered by state.

Near the limit of characters the mask keeps only what still leads home in time.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musicgen.notation.grammar.acceptor import Grammar
from musicgen.notation.grammar.alphabet import Script
from musicgen.notation.grammar.music import is_altered
from musicgen.notation.grammar.rules import MAX_BAR_UNITS, UNIT, Rules
from musicgen.notation.grammar.sections import BAR_LINES, Endings, is_right_line, make_plan
from musicgen.notation.grammar.states import OWED, Form, GrammarState, Header, Music, Plan

Mask = NDArray[np.bool_]

MAX_MASKS = 20_000
_BEFORE_MUSIC = 100
"""More than a header needs, or a line of key and a chord symbol."""

_NO_FORM = Form(0)
_NO_PLAN = make_plan(_NO_FORM, Rules(), Endings(False, False))


class Guide:
    """The masks of a grammar for one vocabulary.

    Args:
        characters: The vocabulary in the order of its ids.
        rules: What is asked of the tune.

    Raises:
        GrammarError: the characters do not suffice, or the rules contradict each other.
    """

    def __init__(self, characters: Sequence[str], rules: Rules | None = None) -> None:
        self.grammar = Grammar(characters, rules)
        self._characters = tuple(characters)
        self._masks: dict[Hashable, Mask] = {}
        self._sections: dict[int, int] = {}

    def section_length(self, state: GrammarState) -> int:
        """More characters than one character can add to what a tune needs: a section, a header."""
        full = state.form.full if isinstance(state, Music) else MAX_BAR_UNITS * UNIT
        length = self._sections.get(full)
        if length is None:
            bar = self.grammar.script.longest_bar(full)
            length = max(self.grammar.rules.bars) * bar + _BEFORE_MUSIC
            self._sections[full] = length
        return length

    def mask(self, state: GrammarState, left: int | None = None) -> Mask:
        """Which characters may come next, shape (V,); read it, do not write in it.

        Args:
            state: Where the tune stands; at its end nothing may come.
            left: Characters that may still be written, at least `Grammar.need` of the state; None
                for any number.
        """
        mask = self._free_mask(state)
        if left is None:
            return mask
        section = self.section_length(state)
        to_write = max(1, self.grammar.rules.sections[0]) + 1
        if (
            left >= (to_write + 1) * section
            or left >= self.grammar.min_completion_length(state) + section
        ):
            return mask
        return self._homeward(state, mask, left)

    def _free_mask(self, state: GrammarState) -> Mask:
        key = view(self.grammar.script, state)
        mask = self._masks.get(key)
        if mask is None:
            if len(self._masks) >= MAX_MASKS:
                self._masks.clear()
            mask = np.array(self.grammar.which_follow(state, self._characters), dtype=np.bool_)
            mask.flags.writeable = False
            self._masks[key] = mask
        return mask

    def _homeward(self, state: GrammarState, mask: Mask, left: int) -> Mask:
        """The mask without what needs more characters than there are."""
        narrowed = mask.copy()
        for index in np.flatnonzero(mask):
            following = self.grammar.feed(state, self._characters[index])
            narrowed[index] = (
                following is not None and self.grammar.min_completion_length(following) < left
            )
        return narrowed


def view(script: Script, state: GrammarState) -> Hashable:
    """All of a state that decides what may come next: states that look alike share a mask.

    Of the form only the lines that may be written at the end of the note being written count, and
    behind a bar line what may begin there.
    """
    if isinstance(state, Header) and state.field and state.field in "XTZK":
        return state._replace(seen="", meter="", unit="")
    if not isinstance(state, Music) or state.kind == "b":
        return state
    plan, at = state.plan, state.fill
    if state.kind == "n" and not state.left:
        at += script.lengths.get(state.length, 0)
    opens = (plan.may_start, plan.may_end, plan.may_change_key, plan.ending == OWED)
    if state.left:
        return state._replace(form=_NO_FORM)
    return (
        _right_lines(plan, at, bool(state.tie) and state.kind != "n"),
        opens if not state.fill else (),
        plan.may_go_on and at == plan.limit,
        state.kind == "n" and is_altered(state),
        state._replace(
            form=_NO_FORM,
            plan=_NO_PLAN,
            fill=plan.limit - state.fill,
            sharps=state.sharps if script.rules.is_exact else (),
            part=script.alike(state.part) if state.kind == "n" and not state.tie else state.part,
        ),
    )


@lru_cache(maxsize=65536)
def _right_lines(plan: Plan, fill: int, is_tied: bool) -> tuple[bool, ...]:
    """Which bar lines may stand where a bar is filled so far, and whether nothing is in it."""
    return (*(is_right_line(plan, fill, line, is_tied) for line in BAR_LINES), fill == 0)


@lru_cache(maxsize=16)
def get_guide(characters: tuple[str, ...], rules: Rules) -> Guide:
    """A guide that is built once; the sixteen used last are kept with all they remember."""
    return Guide(characters, rules)
