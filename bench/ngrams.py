"""Two models without a network, for scale: n-grams with back-off, and a compressor."""

import lzma
import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from musicgen.corpus.lab import SEPARATOR

_XZ = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 26}]


class NGrams:
    """Characters foretold from up to `order` characters before, interpolated as Witten and Bell do.

    P(c | h) = (n(hc) + t(h) P(c | h')) / (n(h) + t(h)), with n the count, t(h) how many different
    characters followed h, and h' without the first character of h; at the end all characters are
    as likely (I. H. Witten, T. C. Bell, "The zero-frequency problem", IEEE Transactions on
    Information Theory 37 (1991); method C of PPM without exclusion).

    Args:
        texts: Tunes to learn from.
        order: Characters before that are looked at, 0 or more.
    """

    def __init__(self, texts: Sequence[str], order: int = 9) -> None:
        self.order = order
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            whole = SEPARATOR + text + SEPARATOR
            for at in range(len(SEPARATOR), len(whole)):
                for size in range(min(order, at) + 1):
                    self._counts[whole[at - size : at]][whole[at]] += 1
        self._size = len(self._counts[""]) + 1  # one more stands for all that were never seen
        self._sums = {before: sum(after.values()) for before, after in self._counts.items()}

    def prob(self, before: str, character: str) -> float:
        """The probability of a character behind a text, above 0."""
        found = 1.0 / self._size
        for size in range(min(self.order, len(before)) + 1):
            context = before[len(before) - size :]
            total = self._sums.get(context)
            if total is None:
                break
            after = self._counts[context]
            found = (after.get(character, 0) + len(after) * found) / (total + len(after))
        return found

    def losses(self, tune: str) -> list[float]:
        """Nats for each character of a tune, and of the blank line behind it."""
        whole = SEPARATOR + tune + SEPARATOR
        return [
            -math.log(self.prob(whole[max(0, at - self.order) : at], whole[at]))
            for at in range(len(SEPARATOR), len(whole))
        ]

    def compose(self, seed: int, longest: int = 1500) -> str:
        """A tune drawn character by character, without any grammar; cut off where it never ends."""
        generator, whole = random.Random(seed), SEPARATOR
        characters = sorted(self._counts[""])
        while len(whole) < longest and not whole[len(SEPARATOR) :].endswith(SEPARATOR):
            before = whole[-self.order :] if self.order else ""
            weights = [self.prob(before, character) for character in characters]
            whole += generator.choices(characters, weights)[0]
        return whole.strip("\n")


class Compressor:
    """A general compressor (xz) that has read the tunes to learn from: a Lempel–Ziv dictionary.

    Args:
        texts: Tunes to learn from.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._learned = "".join(text + SEPARATOR for text in texts)

    def bits(self, header: str, body: str) -> int:
        """Bits that a body adds behind the learned tunes and its header, in whole bytes."""
        return 8 * (self._size(header + body + SEPARATOR) - self._size(header))

    def _size(self, text: str) -> int:
        whole = (self._learned + text).encode()
        return len(lzma.compress(whole, lzma.FORMAT_RAW, filters=_XZ))
