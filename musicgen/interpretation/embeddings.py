"""The vectors that stand for characters: a map, neighbours, and arithmetic.

The map is principal component analysis (K. Pearson, 1901; H. Hotelling, 1933). Neighbours are those
with the least angle; that directions may mean something is the finding of T. Mikolov, W. Yih and
G. Zweig, "Linguistic Regularities in Continuous Space Word Representations" (2013).

Shapes: V characters, E numbers of a vector, D dimensions of the map.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError
from musicgen.models.network import Network
from musicgen.notation.parsing.tokens import SEMITONES
from musicgen.translatable import N_

Floats = NDArray[np.float64]

KINDS = {
    "note": N_("note"),
    "rest": N_("rest"),
    "octave": N_("octave mark"),
    "accidental": N_("accidental"),
    "length": N_("length"),
    "bar": N_("bar line or repeat"),
    "layout": N_("space or line end"),
    "letter": N_("letter of the header"),
    "sign": N_("other sign"),
}
"""What a character mostly is in the body of a tune, for colours."""

_MIDDLE_C = 60


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """Characters on a map.

    `places` (V, D) are coordinates along the directions in which the vectors differ most;
    `shares` (D,), 0..1, says how much of all variance lies along each. `kinds` has one of `KINDS`
    for each character, `pitches` the MIDI pitch of a note in C major, None of others.
    """

    characters: tuple[str, ...]
    places: Floats
    shares: Floats
    kinds: tuple[str, ...]
    pitches: tuple[int | None, ...]


def take_vectors(network: Network) -> Floats:
    """The vectors (V, E) of the characters of a network."""
    vectors: Floats = network.embedding.weight.detach().double().cpu().numpy()
    return vectors


def map_embedding(
    network: Network,
    vocabulary: Vocabulary,
    dimensions: int = 2,
    kinds: Sequence[str] = tuple(KINDS),
) -> EmbeddingMap:
    """The characters of a network on a map.

    Args:
        network: Of any kind in the registry.
        vocabulary: Its characters.
        dimensions: D; no more than the vectors have.
        kinds: Only characters of these kinds are on the map, and decide on its directions.
    """
    rows = [row for row, one in enumerate(vocabulary.characters) if find_kind(one) in kinds]
    characters = tuple(vocabulary.characters[row] for row in rows)
    places, shares = find_components(take_vectors(network)[rows], dimensions)
    return EmbeddingMap(
        characters, places, shares, tuple(map(find_kind, characters)),
        tuple(map(find_pitch, characters)),
    )  # fmt: skip


def find_components(vectors: ArrayLike, dimensions: int = 2) -> tuple[Floats, Floats]:
    """Coordinates (V, D) of vectors (V, E) along their principal components, and shares (D,).

    The sign of a component is such that its largest coordinate is positive. All is 0 where the
    vectors do not differ.
    """
    centred = np.asarray(vectors, np.float64)
    centred = centred - centred.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = min(dimensions, len(sizes))
    places = left[:, :kept] * sizes[:kept]
    signs = np.sign(places[np.abs(places).argmax(0), np.arange(kept)])
    total = float((sizes**2).sum())
    shares = sizes[:kept] ** 2 / total if total else np.zeros(kept)
    return places * np.where(signs == 0, 1.0, signs), shares


def find_neighbours(
    network: Network, vocabulary: Vocabulary, character: str, count: int = 5
) -> list[tuple[str, float]]:
    """The characters with the most similar vectors, and the cosine of the angle, -1..1.

    Raises:
        ConfigError: the network does not know the character.
    """
    _require(vocabulary, [character])
    vectors = take_vectors(network)
    wanted = vectors[vocabulary.ids[character]]
    return _nearest(vectors, wanted, vocabulary, {character}, count)


def compute_analogy(
    network: Network, vocabulary: Vocabulary, a: str, b: str, c: str, count: int = 5
) -> list[tuple[str, float]]:
    """The characters nearest to ``a - b + c``, those three left out, and the cosine, -1..1.

    Raises:
        ConfigError: the network does not know one of the characters.
    """
    _require(vocabulary, [a, b, c])
    vectors = take_vectors(network)
    first, second, third = (vectors[vocabulary.ids[one]] for one in (a, b, c))
    return _nearest(vectors, first - second + third, vocabulary, {a, b, c}, count)


def find_kind(character: str) -> str:
    """Which of `KINDS` a character mostly is."""
    groups = {
        "note": "ABCDEFGabcdefg", "rest": "zxZ", "octave": ",'", "accidental": "^_=",
        "length": "0123456789/<>", "bar": "|:[]", "layout": " \n\t!\\",
    }  # fmt: skip
    for kind, characters in groups.items():
        if character in characters:
            return kind
    return "letter" if character.isalpha() else "sign"


def find_pitch(character: str) -> int | None:
    """The MIDI pitch of a letter as a note of C major; None of all else."""
    if character not in "ABCDEFGabcdefg":
        return None
    return _MIDDLE_C + SEMITONES[character.upper()] + 12 * character.islower()


def _nearest(
    vectors: Floats, wanted: Floats, vocabulary: Vocabulary, without: set[str], count: int
) -> list[tuple[str, float]]:
    sizes = np.linalg.norm(vectors, axis=1) * np.linalg.norm(wanted)
    cosines = np.divide(vectors @ wanted, sizes, out=np.zeros(len(sizes)), where=sizes > 0)
    order = np.argsort(-cosines, kind="stable").tolist()
    known = vocabulary.characters
    found = [(known[one], float(cosines[one])) for one in order if known[one] not in without]
    return found[:count]


def _require(vocabulary: Vocabulary, characters: Sequence[str]) -> None:
    for character in characters:
        if character not in vocabulary:
            raise ConfigError("The network does not know {character!r}.", character=character)
