import random

import numpy as np
import pytest

from musicgen.library.serialization import header_field
from musicgen.listening.taste import FEWEST_PAIRS, _figures, find_taste, strengthen
from musicgen.training.preference_pairs import PreferencePair
from tests.examples import make_tune


def write_tune(number: int) -> str:
    """A tune of its own: half of them end on D, the tonic."""
    chance = random.Random(number)
    bars = "|".join("".join(chance.choice("DEFGABcd") for _ in range(8)) for _ in range(4))
    meter = "C" if number % 3 else "2/4"
    end = "D8" if chance.random() < 0.5 else "E8"
    return f"X:1\nT:Tune {number}\nM:{meter}\nL:1/8\nK:D Major\n{bars}|{end}|]"


def ends_home(text: str) -> bool:
    return text.endswith("D8|]")


def make_pairs(count: int, prefers) -> list[PreferencePair]:
    pairs = []
    for number in range(count):
        one, other = write_tune(2 * number), write_tune(2 * number + 1)
        first, second = (one, other) if prefers(one, other, number) else (other, one)
        pairs.append(PreferencePair(first, second))
    return pairs


@pytest.fixture(scope="module")
def homely() -> list[PreferencePair]:
    """Listeners like tunes that come home, and guess where both do or neither does."""

    def prefers(one, other, number):
        if ends_home(one) == ends_home(other):
            return random.Random(-number).random() < 0.5
        return ends_home(one)

    return make_pairs(150, prefers)


def test_a_taste_is_found_and_says_what_is_liked(homely):
    taste = find_taste(homely)
    assert taste is not None and taste.accuracy > 0.6
    home = next(text for pair in homely for text in (pair.chosen,) if ends_home(text))
    away = home.replace("D8|]", "E8|]")
    liked, other = taste.scores(np.array([_figures(home), _figures(away)]))
    assert liked > other + 0.5


def test_pairs_become_clearer_within_a_meter(homely):
    found = strengthen(homely)
    assert len(found) > FEWEST_PAIRS and found != homely
    texts = {text for pair in homely for text in (pair.chosen, pair.rejected)}
    assert {text for pair in found for text in (pair.chosen, pair.rejected)} <= texts
    assert all(header_field(p.chosen, "M") == header_field(p.rejected, "M") for p in found)
    before, after = (
        np.mean([ends_home(p.chosen) - ends_home(p.rejected) for p in pairs])
        for pairs in (homely, found)
    )
    assert after > before + 0.2
    assert strengthen(homely) == found


def test_noise_has_no_taste_and_its_pairs_stay():
    noise = make_pairs(150, lambda _one, _other, number: random.Random(number).random() < 0.5)
    assert find_taste(noise) is None
    assert strengthen(noise) == noise


def test_few_pairs_stay_and_a_tune_without_notes_is_no_obstacle(homely):
    few = homely[: FEWEST_PAIRS - 1]
    assert strengthen(few) == few
    silent = PreferencePair("X:1\nM:C\nK:D\nz8|]", make_tune(3))
    assert len(strengthen([*homely, silent])) > FEWEST_PAIRS
