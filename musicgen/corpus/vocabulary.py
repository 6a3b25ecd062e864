"""Characters and their numbers. It knows nothing of tunes: any text has a vocabulary."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from musicgen.errors import CorpusError

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Vocabulary:
    """The distinct characters of a text, sorted; a character's id is its position.

    Raises:
        CorpusError: there are fewer than two, one twice, or an entry is not one character.
    """

    characters: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.characters) < 2:
            raise CorpusError("A vocabulary needs at least two different characters.")
        if len(set(self.characters)) != len(self.characters):
            raise CorpusError("A vocabulary cannot hold the same character twice.")
        if any(len(character) != 1 for character in self.characters):
            raise CorpusError("Each entry of a vocabulary must be a single character.")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The vocabulary of all characters of a text, as the lab makes it."""
        return cls(tuple(sorted(set(text))))

    @cached_property
    def ids(self) -> dict[str, int]:
        """Character to id."""
        return {character: index for index, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self.ids

    def unknown(self, text: str) -> str:
        """The distinct characters of a text that have no id, sorted."""
        return "".join(sorted(set(text) - self.ids.keys()))

    def encode(self, text: str) -> Ids:
        """Ids of a text, shape (T,).

        Raises:
            CorpusError: a character has no id; the message names up to ten of them.
        """
        if unknown := self.unknown(text):
            raise CorpusError(
                "The vocabulary has no {characters}. Leave these characters out, or train on a "
                "corpus that has them.",
                characters=", ".join(map(repr, unknown[:10])),
            )
        return np.fromiter((self.ids[c] for c in text), dtype=np.int64, count=len(text))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids, each in 0..V-1. `decode(encode(text)) == text`."""
        return "".join(self.characters[index] for index in ids)
