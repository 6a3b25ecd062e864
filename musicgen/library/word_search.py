"""Which tunes have all the words that somebody typed: in what is written of them and what they are.

A word is found anywhere in title, fields of the text, note, tags and the name of the dance. Keys
and meters are found by their whole names: ``E minor``, as ABC has them ``Em`` and ``Edor``, or by
tonic or mode alone; ``6/8``. So the letter of a key is not found in the middle of words.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from musicgen.library.book_tune import BookTune

Naming = Callable[[BookTune], Iterable[tuple[str, str]]]
"""What the dance and the key (``E dorian``) of a tune are called in other languages, in pairs."""

_SHORT = {"major": ("ion", "ionian"), "minor": ("m", "aeo", "aeolian")}
_TONIC = re.compile(r"[a-g][#b]?")
_SIGNS = str.maketrans("♯♭", "#b")


@dataclass(frozen=True, slots=True)
class _Known:
    """What a tune is found by: a text with words anywhere in it, whole names, and its modes."""

    text: str
    names: frozenset[str]
    modes: frozenset[str]


def find_words(
    tunes: Sequence[BookTune], words: str, naming: Naming | None = None
) -> list[BookTune]:
    """The tunes that have all words, in their order; all tunes where there are no words."""
    if not words.strip():
        return list(tunes)
    known = [_know(tune, naming) for tune in tunes]
    modes = frozenset[str]().union(*(one.modes for one in known))
    terms = _split(words, modes)
    return [
        tune
        for tune, one in zip(tunes, known, strict=True)
        if all(_has(one, term, modes) for term in terms)
    ]


def _know(tune: BookTune, naming: Naming | None) -> _Known:
    pairs = [(tune.rhythm, tune.music_key), *(naming(tune) if naming else ())]
    text = "\n".join((tune.words, *(rhythm for rhythm, _key in pairs)))
    names, modes = {tune.meter}, set()
    for _rhythm, key in pairs:
        tonic, _blank, mode = _plain(key).partition(" ")
        forms = {mode, mode[:3], *_SHORT.get(mode, ())} - {""}
        modes |= forms
        names |= {tonic, mode, *(tonic + form for form in forms)}
    return _Known(_plain(text), frozenset(names - {""}), frozenset(modes))


def _plain(text: str) -> str:
    return text.casefold().translate(_SIGNS)


def _split(words: str, modes: frozenset[str]) -> list[str]:
    """The words, a tonic and the mode behind it as one."""
    terms: list[str] = []
    is_taken = False
    for word, following in pairwise([*_plain(words).split(), ""]):
        is_key = not is_taken and _TONIC.fullmatch(word) is not None and following in modes
        if not is_taken:
            terms.append(f"{word} {following}" if is_key else word)
        is_taken = is_key
    return terms


def _has(known: _Known, term: str, modes: frozenset[str]) -> bool:
    if term.replace(" ", "") in known.names:
        return True
    if term not in known.text:
        return False
    tonic = _TONIC.match(term)
    rest = term[tonic.end() :].strip() if tonic else term
    if tonic and (not rest or rest in modes):  # not in the middle of a word
        end = "" if rest else r"(?!\w)"
        return re.search(rf"(?<!\w){re.escape(term)}{end}", known.text) is not None
    return True
