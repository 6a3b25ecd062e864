"""Titles for tunes whose headers have none: known words, and no name of a known tune.

A title is drawn word by word from those of a tunebook, each word as it follows the last one there
(a Markov chain, as C. E. Shannon wrote English with in "A Mathematical Theory of Communication",
1948, §3). A title that the books have, or that speaks of another dance than the tune is, is drawn
again.
"""

import random
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from musicgen.corpus.described import RHYTHM_NAMES, read_header
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.notation.parsing.text_strings import encode_text_string

MAX_WORDS = 6
_DRAWS = 200
_NUMBERED = re.compile(
    r"[\s,]*\b(No|Number|Part|Version)\b\.?\s*[\dIVX]+.*$|\s*[#(\[].*$", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(.*\S),\s*(The|A|An|An t)$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_](?:[\w'’.-]*[\w'’.])?")
_DANGLING = frozenset(
    {
        "a", "an", "and", "as", "at", "by", "captain", "de", "father", "for", "from", "i'", "in",
        "is", "it", "lady", "lord", "major", "miss", "mr", "mrs", "my", "na", "no", "not", "o'",
        "of", "of'", "on", "or", "over", "paddy", "sir", "th'", "the", "to", "under", "upon",
        "with", "your",
    }
)  # fmt: skip
"""Words that no title ends with."""

Chain = Mapping[str, tuple[str, ...]]


def draw_title(
    metadata: CheckpointMetadata, text: str, seed: int, luck: random.Random | None = None
) -> str:
    """A title for a tune with a described header, the same for the same seed.

    Args:
        metadata: Of the network that composed it; its corpus has the titles of each book.
        text: The tune.
        seed: Its seed.
        luck: What it is drawn with, in place of a generator of the seed.

    Returns:
        Empty where the network's books have too few titles to make one of.
    """
    titles = metadata.corpus.get("titles")
    if not isinstance(titles, Mapping):
        return ""
    header = read_header(text)
    books = {str(book): tuple(map(str, names)) for book, names in titles.items()}
    own = books.get(header.book.rstrip("+")) or next(iter(books.values()), ())
    known = tuple(name for names in books.values() for name in names)
    luck = luck or random.Random(f"title/{seed}")
    chain, taken = _learn(own), _fold_all(known)
    for _ in range(_DRAWS):
        words = _draw(chain, luck)
        if _is_good(words, header.rhythm) and fold_title(" ".join(words)) not in taken:
            return " ".join(words)
    return ""


def title_words(metadata: CheckpointMetadata) -> dict[str, Any]:
    """All that titles for tunes of the model's own book are drawn from, JSON-ready.

    ``chain`` has the words that follow each word, ``taken`` the folded titles that there are,
    ``dangling`` words that no title ends with, ``rhythms`` names of dances by the words for them,
    ``most`` the words of the longest title.
    """
    titles = metadata.corpus.get("titles")
    books = titles if isinstance(titles, Mapping) else {}
    named = {str(book): tuple(map(str, names)) for book, names in books.items()}
    own = named.get(str(metadata.corpus.get("source", "")).split("+")[0])
    own = own or next(iter(named.values()), ())
    return {
        "chain": dict(_learn(own)),
        "taken": sorted(_fold_all(tuple(name for names in named.values() for name in names))),
        "dangling": sorted(_DANGLING),
        "rhythms": RHYTHM_NAMES,
        "most": MAX_WORDS,
    }


def write_title(text: str, title: str) -> str:
    """The text of a tune with a title behind its number (ABC 2.1 §3.1.2)."""
    first, sign, rest = text.partition("\n")
    return f"{first}\nT:{encode_text_string(title)}{sign}{rest}"


def fold_title(title: str) -> str:
    """A title without case, articles and signs: equal for spellings of one name."""
    words = re.findall(r"\w+", title.casefold().replace("'", "").replace("’", ""))
    return " ".join(word for word in words if word not in ("the", "a", "an"))


@lru_cache(maxsize=4)
def _fold_all(titles: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold_title(_plain(title)) for title in titles) | frozenset(
        map(fold_title, titles)
    )


def _plain(title: str) -> str:
    """A title without its number, its article in front."""
    bare = _NUMBERED.sub("", title).strip()
    moved = _ARTICLE.match(bare)
    return f"{moved[2]} {moved[1]}" if moved else bare


@lru_cache(maxsize=8)
def _learn(titles: tuple[str, ...]) -> Chain:
    """The words that follow each word; those that begin follow nothing, nothing follows ends."""
    following: dict[str, list[str]] = {}
    for title in titles:
        words = _words(_plain(title))
        for word, after in zip(["", *words], [*words, ""], strict=True) if words else ():
            following.setdefault(word, []).append(after)
    return {word: tuple(after) for word, after in following.items()}


def _words(title: str) -> list[str]:
    words = title.split()
    return words if words and all(_WORD.fullmatch(word) for word in words) else []


def _draw(chain: Chain, luck: random.Random) -> list[str]:
    words: list[str] = []
    while len(words) <= MAX_WORDS:
        after = luck.choice(chain.get(words[-1] if words else "", ("",)))
        if not after:
            break
        words.append(after)
    return words


def _is_good(words: list[str], rhythm: str) -> bool:
    folded = [word.casefold().strip(".") for word in words]
    if not 1 < len(words) <= MAX_WORDS or folded[-1] in _DANGLING:
        return False
    return len(set(folded)) == len(folded) and _suits(folded, rhythm)


def _suits(folded: Iterable[str], rhythm: str) -> bool:
    """Whether a title names no other dance than its tune is."""
    singular = {word.removesuffix("s") for word in folded}
    named = {name for word, name in RHYTHM_NAMES.items() if word in singular}
    return not named or not rhythm or rhythm in named
