"""Degrees and intervals: what each letter would be in its key, and what is added to its logit."""

import numpy as np
import pytest
import torch

from musicgen.config import NetworkConfig
from musicgen.models.position import follow_positions
from musicgen.models.registry import build_network
from musicgen.models.relative import (
    CLASSES,
    DEGREES,
    LETTERS,
    NOTHING,
    REACH,
    classify_letters,
    letter_ids,
)

CHARACTERS = "".join(sorted(set("\n XMLK:1/68|ABCDEFGabcdefg#bmixdorz2")))


def classes(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """Degrees and intervals by letter, behind a text."""
    degrees, intervals = classify_letters(np.array(follow_positions(text)))
    return (
        dict(zip(LETTERS, degrees[-1].tolist(), strict=True)),
        dict(zip(LETTERS, (intervals[-1] - DEGREES - REACH).tolist(), strict=True)),
    )


@pytest.mark.parametrize(
    ("key", "tonic"),
    [("C", "C"), ("G Major", "G"), ("E Dorian", "E"), ("Bb", "B"), ("F#m", "F"),
     ("A Mixolydian", "A")],
)  # fmt: skip
def test_degrees_count_from_the_tonic_in_every_mode(key: str, tonic: str) -> None:
    degrees, _ = classes(f"X:1\nM:6/8\nL:1/8\nK:{key}\nG")
    assert degrees[tonic] == degrees[tonic.lower()] == 0
    scale = "CDEFGAB"
    fifth = scale[(scale.index(tonic) + 4) % 7]
    assert degrees[fifth] == 4


def test_intervals_are_steps_of_the_scale_from_the_note_before() -> None:
    _, intervals = classes("X:1\nM:6/8\nL:1/8\nK:D\nG")
    assert [intervals[letter] for letter in "GAFgDc"] == [0, 1, -1, 7, -3, 3]
    _, far = classes("X:1\nM:6/8\nL:1/8\nK:D\nC,")
    assert far["b"] == REACH and far["C"] == 7


def test_in_a_header_and_before_the_first_note_nothing_counts() -> None:
    degrees, intervals = classify_letters(np.array(follow_positions("X:1\nM:6/8\n")))
    assert (degrees == NOTHING).all() and (intervals == NOTHING).all()
    degrees, intervals = classify_letters(np.array(follow_positions("X:1\nM:6/8\nL:1/8\nK:D\n|")))
    assert (degrees[-1] < DEGREES).all() and (intervals[-1] == NOTHING).all()


def test_a_vocabulary_may_lack_letters() -> None:
    ids = letter_ids("ABC")
    assert ids.tolist() == [2, -1, -1, -1, -1, 0, 1, *[-1] * 7]


def make(relative: bool) -> torch.nn.Module:
    return build_network(
        NetworkConfig(
            kind="echo", vocab_size=len(CHARACTERS), embedding_dim=6, hidden_size=8,
            bar_id=CHARACTERS.index("|"), line_id=0, colon_id=CHARACTERS.index(":"),
            characters=CHARACTERS, position=True, relative=relative,
        ),
        0,
    )  # fmt: skip


def encode(text: str) -> torch.Tensor:
    return torch.tensor([[CHARACTERS.index(character) for character in text]])


def test_a_wanted_interval_is_wanted_of_the_letter_that_makes_it_in_any_key() -> None:
    network = make(relative=True)
    assert network.relative.weight.shape == (CLASSES, 8)
    up_a_step = DEGREES + REACH + 1
    for key, note, following in (("D", "D", "E"), ("G", "B", "c"), ("E dor", "d", "e")):
        ids = encode(f"\n\nX:1\nM:6/8\nL:1/8\nK:{key}\n{note}")
        before = network(ids)[0][0, -1]
        with torch.no_grad():
            network.relative.weight[up_a_step] += 1.0
        after = network(ids)[0][0, -1]
        with torch.no_grad():
            network.relative.weight[up_a_step] -= 1.0
        changed = (after - before).abs() > 1e-6
        assert [CHARACTERS[at] for at in changed.nonzero()[:, 0].tolist()] == [following]


def test_it_begins_with_nothing_to_say_and_learns() -> None:
    ids = encode("\n\nX:1\nM:6/8\nL:1/8\nK:G\nGBd gdB|")
    network, plain = make(relative=True), make(relative=False)
    torch.testing.assert_close(network(ids)[0], plain(ids)[0])
    network(ids)[0].square().sum().backward()
    assert network.relative.weight.grad.abs().sum() > 0
