"""The grammar of tunes, driven one character at a time.

``feed`` takes a character and answers the state after it, ``allowed`` says which characters may
come next. From every state that can be reached there is a way to a complete tune: each bar full,
each repeat and ending balanced, nothing owed (ABC 2.1 §4; the rule for bars is that of
`musicgen.notation.analysis.bars`).

A grammar belongs to a set of characters, those that a network can write. It knows nothing of
probabilities: inside what is allowed a network keeps its own.
"""

from collections.abc import Iterable

from musicgen.notation.grammar.alphabet import Script
from musicgen.notation.grammar.completion import Completion, feed_state, which_follow_state
from musicgen.notation.grammar.rules import Rules
from musicgen.notation.grammar.states import END, GrammarState, Header


class Grammar:
    """What tunes may be written with these characters under these rules.

    Args:
        characters: The vocabulary.
        rules: What is asked of the tune.

    Raises:
        GrammarError: the characters do not suffice, or the rules contradict each other.
    """

    def __init__(self, characters: Iterable[str], rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.script = Script(characters, self.rules)
        self.start: GrammarState = Header()
        self._need = Completion(self.script)

    def feed(self, state: GrammarState, character: str) -> GrammarState | None:
        """The state after a character, None where it may not stand."""
        return feed_state(self.script, state, character)

    def which_follow(self, state: GrammarState, characters: Iterable[str]) -> list[bool]:
        """Whether each of the characters may come next."""
        return which_follow_state(self.script, state, characters)

    def feed_text(self, text: str, state: GrammarState | None = None) -> tuple[GrammarState, int]:
        """The state after the longest right beginning of a text, and its length."""
        state = self.start if state is None else state
        for position, character in enumerate(text):
            following = self.feed(state, character)
            if following is None:
                return state, position
            state = following
        return state, len(text)

    def accepts(self, text: str) -> bool:
        """Whether a text is a complete tune, with or without its line end and blank line."""
        state, length = self.feed_text(text.rstrip("\n") + "\n\n")
        return state == END and length == len(text.rstrip("\n")) + 2

    def allowed(self, state: GrammarState) -> frozenset[str]:
        """Characters that may come next; none at the end."""
        return frozenset(
            character
            for character in self.script.characters
            if self.feed(state, character) is not None
        )

    def min_completion_length(self, state: GrammarState) -> int:
        """Characters that suffice to complete the tune, the blank line included."""
        return self._need(state)
