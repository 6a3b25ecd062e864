import numpy as np
import pytest

from musicgen.evaluation.novelty.comparison import build_index
from musicgen.lessons.measures import (
    CountingUnits,
    count_figures,
    draw_other_units,
    find_counting_units,
    longest_runs,
    place_losses,
)
from musicgen.models.checkpoint import load_checkpoint
from tests.examples import ScriptedNetwork, make_tune

HEAD = "X:1\nT:a\nM:4/4\nL:1/4\nK:C\n"
RIGHT = f"{HEAD}CDEF|CDEF|GABc|GABc|]\n"
SHORT = f"{HEAD}CDEF|CDE|GABc|C4|]\n"


def test_figures_are_counted_by_hand():
    found = count_figures([RIGHT, SHORT])
    assert found["in_time"].value == 0.5
    assert found["repetition"].value == pytest.approx((0.5 + 0.0) / 2)
    assert found["in_time"].low < 0.5 < found["in_time"].high


def test_a_text_without_notes_keeps_no_time():
    assert count_figures(["X:1\nT:mumble\n"])["in_time"].value == 0.0


def test_of_no_tunes_nothing_is_said():
    assert np.isnan(count_figures([])["repetition"].value)


def test_a_network_that_knows_the_text_has_no_loss_anywhere(dataset):
    text = make_tune(3)
    network = ScriptedNetwork(dataset.vocabulary, f"\n\n{text}")
    found = place_losses(network, dataset.vocabulary, [text] * 3, width=8, most=32)
    assert found.places == (4.0, 12.0, 20.0, 28.0)
    assert max(found.losses) < 1e-3


def test_places_that_few_tunes_reach_are_left_out(dataset):
    network = ScriptedNetwork(dataset.vocabulary, "\n\n")
    long, short = make_tune(3), make_tune(3)[:10]
    found = place_losses(network, dataset.vocabulary, [long, short, short], width=8, most=80)
    assert max(found.places) < 20


def test_a_copy_shares_all_of_itself(dataset):
    index = build_index(list(dataset.tunes))
    copied, new = longest_runs(index, [dataset.tunes[0].text, f"{HEAD}z4|]"])
    assert copied > 20 > new


def test_other_units_are_others():
    drawn = draw_other_units(CountingUnits(0, (1, 2, 3), (0.3, 0.2, 0.1)), 10, seed=1)
    assert len(set(drawn)) == 3
    assert not {1, 2, 3} & set(drawn)


def test_units_are_found_in_their_order(checkpoint_folder):
    checkpoint = load_checkpoint(checkpoint_folder)
    read = []
    texts = [make_tune(number) for number in range(1, 9)]
    found = find_counting_units(checkpoint, texts, 4, read.append)
    assert read == list(range(1, 9))
    assert len(found.units) == 4
    assert list(found.shares) == sorted(found.shares, reverse=True)
    assert find_counting_units(checkpoint, [], 4).units == ()
