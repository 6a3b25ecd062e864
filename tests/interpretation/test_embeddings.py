import numpy as np
import pytest
import torch

from musicgen.errors import ConfigError
from musicgen.interpretation.embeddings import (
    KINDS,
    compute_analogy,
    find_components,
    find_kind,
    find_neighbours,
    find_pitch,
    map_embedding,
)
from tests.interpretation.conftest import VOCABULARY, make_network


def test_components_are_those_of_a_hand_made_cloud() -> None:
    """Points on a slanted line, a tenth as far apart across it."""
    along, across = np.array([0.6, 0.8, 0.0]), np.array([-0.8, 0.6, 0.0])
    cloud = np.outer([-2, -1, 1, 2], along) + np.outer([0.1, -0.1, -0.1, 0.1], across) + 5.0
    places, shares = find_components(cloud, 2)
    np.testing.assert_allclose(places[:, 0], [-2, -1, 1, 2])
    np.testing.assert_allclose(np.abs(places[:, 1]), 0.1)
    assert shares[0] > 0.98
    assert shares.sum() == pytest.approx(1.0)
    distances = np.linalg.norm(cloud[:, None] - cloud, axis=2)
    np.testing.assert_allclose(np.linalg.norm(places[:, None] - places, axis=2), distances)


def test_points_that_do_not_differ_have_no_direction() -> None:
    places, shares = find_components(np.ones((4, 3)), 2)
    assert not places.any()
    assert not shares.any()


def test_neighbours_and_arithmetic_of_hand_made_vectors() -> None:
    network = make_network("lstm", embedding_dim=4)
    weights = network.embedding.weight
    weights.zero_()
    low, high, first, second = torch.eye(4)
    vectors = {"A": first + low, "a": first + high, "C": second + low, "c": second + high}
    for character, vector in vectors.items():
        weights[VOCABULARY.ids[character]] = vector
    near = find_neighbours(network, VOCABULARY, "A", 3)
    assert near[:2] == [("C", pytest.approx(0.5)), ("a", pytest.approx(0.5))]
    assert near[2][1] == 0.0
    (best, *_) = compute_analogy(network, VOCABULARY, "a", "A", "C")
    assert best == ("c", pytest.approx(1.0))
    with pytest.raises(ConfigError):
        find_neighbours(network, VOCABULARY, "?")


def test_every_character_has_a_kind_and_notes_have_a_pitch() -> None:
    found = map_embedding(make_network("hawk"), VOCABULARY, 3)
    assert found.places.shape == (len(VOCABULARY), 3)
    assert set(found.kinds) <= KINDS.keys()
    kinds = {character: find_kind(character) for character in "Az^2|: KTj,"}
    assert list(kinds.values()) == [
        "note", "rest", "accidental", "length", "bar", "bar", "layout", "letter", "letter",
        "letter", "octave",
    ]  # fmt: skip
    assert [find_pitch(one) for one in "CBcbz"] == [60, 71, 72, 83, None]
