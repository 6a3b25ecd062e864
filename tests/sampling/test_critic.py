"""The critic: what it looks at, what it says, how a drawing is chosen, and what it is fitted to."""

import json
import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from musicgen.config import SampleConfig
from musicgen.errors import CheckpointError, CorpusError
from musicgen.evaluation import critic_fitting
from musicgen.evaluation.critic_fitting import (
    MIN_TUNES,
    compose_for_critic,
    fit_critic,
    judge_critic,
)
from musicgen.library.serialization import from_values, to_values
from musicgen.models.checkpoint import CRITIC_FILE, Checkpoint, load_checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose
from musicgen.sampling.composer import compose
from musicgen.sampling.critic import (
    NO_CHANCE,
    Critic,
    candidate_seeds,
    choose,
    find_bin,
    find_critic,
    read_critic,
)
from musicgen.sampling.critic_features import FIGURES, count_turns, measure_figures
from tests.examples import make_tune
from tests.ui.tiny_model import write_tiny_model

HEADER = "X:1\nM:C\nL:1/8\nK:D Major\n"
TUNE = HEADER + "DEFG ABcd|dcBA GFED|DFAd FAdf|D4 D4:|!"


def tune(text: str):
    return read_tune(text)[0]


def test_turns_and_figures_are_the_same_in_any_key_and_layout() -> None:
    moved = transpose(TUNE, 3)
    laid_out = TUNE.replace("|d", "|\nd").replace("X:1", "X:9\nT:Another")
    for text in (moved, laid_out):
        assert count_turns(tune(text)) == count_turns(tune(TUNE))
        assert measure_figures(tune(text)) == pytest.approx(
            measure_figures(tune(TUNE)), nan_ok=True
        )


def test_turns_are_counted_by_hand() -> None:
    counts = count_turns(tune(HEADER + "D2 E2 D2 E2|D8|]"))
    assert counts["n0:24"] == 2 and counts["n0:24 2:24"] == 2 and counts["n| 0:96"] == 1
    assert counts["s2 -2"] == 2 and "s2" not in counts
    assert counts["r24-24-24-24"] == 1 and counts["r24-24-24-24 96"] == 1


def test_figures_are_counted_by_hand() -> None:
    found = dict(zip(FIGURES, measure_figures(tune(TUNE)), strict=True))
    assert (found["last_degree"], found["last_length"], found["bars"]) == (0, 2, 4)
    assert found["eighths"] == 24 / 26 and found["equal_in_a_row"] == 1
    again = HEADER + "DEFG ABcd|DEFG ABcd|DEFG ABcd|D4 A4|]"
    found = dict(zip(FIGURES, measure_figures(tune(again)), strict=True))
    assert (found["last_degree"], found["equal_in_a_row"], found["again_1"]) == (7, 3, 2 / 3)


def test_what_has_no_notes_or_no_tonic_says_nothing() -> None:
    for text in (HEADER + "z8|]", HEADER.replace("D Major", "none") + "DEFG|]"):
        assert not count_turns(tune(text))
        assert all(math.isnan(one) for one in measure_figures(tune(text)))
        assert Critic(1.0, {}, {}).log_odds(tune(text)) == NO_CHANCE


def test_log_odds_are_the_sum_of_what_is_found() -> None:
    turns = {"n0:24": 2.0, "n2:24": -1.0}
    figures = {"last_degree": ((1.0, 5.0), (0.5, -0.5, -2.0, 9.0))}
    critic = Critic(0.25, turns, figures)
    text = HEADER + "D2 E2 D2 E2|D8|]"
    own = 1 + math.log(2)
    expected = 0.25 + (2.0 * own - own) / math.sqrt(2 * own * own) + 0.5
    assert critic.log_odds(tune(text)) == pytest.approx(expected)


def test_a_critic_comes_back_from_its_file_and_damage_is_found() -> None:
    aims = {"home": 0.3, "whistle": 0.0}
    critic = Critic(0.25, {"n0:24": 2.0}, {"bars": ((4.0,), (0.1, 0.2, 0.3))}, 1.5, aims=aims)
    values = json.loads(critic.to_json())
    assert read_critic(values) == critic
    for change in (
        {"bias": "0.1"}, {"bias": float("nan")}, {"format": "other"}, {"turns": {"a": None}},
        {"figures": {"bars": [[4.0], [0.1]]}}, {"figures": {"bars": [[2.0, 1.0], [1, 2, 3, 4]]}},
        {"aims": {"home": 1.5}}, {"aims": {"home": True}}, {"aims": {"away": 0.5}}, {"aims": [1]},
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
            read_critic(values | change)


def test_candidates_are_drawn_by_their_odds() -> None:
    odds = [0.0, math.log(3.0), NO_CHANCE]
    drawn = Counter(choose(odds, 1.0, seed) for seed in range(4000))
    # Of 4,000 draws 3,000 are expected at the second; five standard deviations are 137.
    assert drawn[2] == 0 and abs(drawn[1] - 3000) < 137
    assert choose([NO_CHANCE, NO_CHANCE], 1.0, 3) == 0
    assert [choose(odds, 50.0, seed) for seed in range(20)] == [1] * 20


def test_each_candidate_has_a_seed_of_its_own() -> None:
    seeds = candidate_seeds(7, 8)
    assert seeds[0] == 7 and len(set(seeds)) == 8
    assert seeds[:3] == candidate_seeds(7, 3)
    assert not set(seeds[1:]) & set(candidate_seeds(8, 8))


@pytest.fixture
def with_critic(tmp_path: Path) -> Checkpoint:
    """A small network whose critic likes tunes that end low."""
    folder = tmp_path / "best"
    write_tiny_model(folder)
    plain = load_checkpoint(folder)
    likes = Critic(0.0, {}, {"notes_per_bar": ((4.0,), (0.0, 30.0, -30.0))})
    (folder / CRITIC_FILE).write_bytes(likes.to_json())
    found = load_checkpoint(folder)
    assert find_critic(plain) is None and find_critic(found) == likes
    assert found.fingerprint != plain.fingerprint
    return found


def test_one_of_several_drawings_is_kept_and_the_first_is_the_draft(
    with_critic: Checkpoint,
) -> None:
    config = SampleConfig(seed=3, temperature=1.3, candidates=6, max_new_tokens=300)
    (chosen,) = compose(with_critic, config)
    assert len(chosen.log_odds) == 6 and chosen.seed == 3 and chosen.config == config
    (again,) = compose(with_critic, config)
    assert again == chosen
    assert '"candidates":6' in chosen.provenance()
    (draft,) = compose(with_critic, config.replace(candidates=1))
    assert draft.log_odds == () and "candidates" not in draft.provenance()
    (free,) = compose(
        with_critic, config.replace(candidates=1, seed=candidate_seeds(3, 6)[chosen.chosen])
    )
    assert free.abc == chosen.abc


def test_tunes_chosen_together_are_those_chosen_alone(with_critic: Checkpoint) -> None:
    config = SampleConfig(seed=5, count=3, temperature=1.2, candidates=4, max_new_tokens=200)
    together = compose(with_critic, config)
    for number, one in enumerate(together):
        (alone,) = compose(with_critic, config.replace(count=1, seed=5 + number))
        assert (one.abc, one.chosen) == (alone.abc, alone.chosen)


def test_what_was_chosen_can_be_kept(with_critic: Checkpoint) -> None:
    (chosen,) = compose(with_critic, SampleConfig(seed=3, candidates=4, max_new_tokens=200))
    values = json.loads(json.dumps(to_values(chosen)))
    back = from_values(values)
    assert (back.chosen, len(back.log_odds), back.abc) == (chosen.chosen, 4, chosen.abc)
    older = {
        key: value
        for key, value in values.items()
        if key not in ("log_odds", "chosen", "title", "header_length")
    }
    assert from_values(older).log_odds == ()
    for change in ({"chosen": 9}, {"log_odds": ["x"]}, {"header_length": -1}, {"title": 3}):
        with pytest.raises(Exception, match="kept by another version"):
            from_values(values | change)


def test_a_damaged_critic_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "best"
    write_tiny_model(folder)
    (folder / CRITIC_FILE).write_text("{]")
    with pytest.raises(CheckpointError, match=r"critic of .* is damaged"):
        compose(load_checkpoint(folder), SampleConfig(max_new_tokens=30))


def noise(number: int) -> str:
    """A tune whose bars have notes by chance."""
    luck = random.Random(number)
    bars = ["".join(luck.choice("DEFGABcdefga") for _ in range(8)) for _ in range(4)]
    return HEADER + "|".join(bars) + ":|!"


def test_a_fitted_critic_tells_tunes_from_noise_it_never_saw() -> None:
    real = [make_tune(number) for number in range(150)]
    critic = fit_critic(real[:110], [noise(number) for number in range(120)])
    kept = [tune(text) for text in real[110:]]
    assert judge_critic(critic, kept, [tune(noise(number)) for number in range(500, 540)]) > 0.95
    assert critic == read_critic(json.loads(critic.to_json()))


def test_between_alike_a_fitted_critic_has_little_to_say() -> None:
    numbers = np.random.default_rng(0).permutation(400)
    real = [noise(int(number)) for number in numbers[:200]]
    critic = fit_critic(real[:150], [noise(int(number)) for number in numbers[200:350]])
    odds = [critic.log_odds(tune(text)) for text in real[150:]]
    assert np.abs(odds).mean() < 1.0


def test_too_few_tunes_are_a_sentence() -> None:
    with pytest.raises(CorpusError, match=f"needs {MIN_TUNES} real"):
        fit_critic([TUNE] * 5, [TUNE] * 5)


def test_more_tunes_than_are_composed_at_once_are_drawn_for_a_critic(
    with_critic: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compose_for_critic(with_critic, 5, 7)
    monkeypatch.setattr(critic_fitting, "_AT_ONCE", 2)
    told: list[int] = []
    assert compose_for_critic(with_critic, 5, 7, lambda texts: told.append(len(texts))) == whole
    assert told[-1] == 5 and sorted(told) == told


def test_notes_that_an_instrument_does_not_have_are_counted() -> None:
    found = dict(zip(FIGURES, measure_figures(tune(HEADER + "D,4 G,4|d''4 D4|]")), strict=True))
    assert (found["beyond_fiddle"], found["beyond_whistle"]) == (2, 3)


def test_what_is_rare_has_a_bin_of_its_own() -> None:
    """Where nearly all values are 0, quantiles alone would put all others into one bin with it."""
    edges = critic_fitting._edges(np.array([0.0] * 97 + [2.0, 3.0, math.nan]))
    assert find_bin(0.0, edges) < find_bin(2.0, edges) <= find_bin(3.0, edges)
    assert find_bin(math.nan, edges) > find_bin(3.0, edges)
    assert critic_fitting._edges(np.array([1.0] * 9)) == [1.0]


def test_a_fitted_critic_hears_notes_beyond_the_range() -> None:
    real = [make_tune(number) for number in range(2 * MIN_TUNES)]
    composed = [
        make_tune(number).rstrip("!\n") + ("d''8|]\n" if number % 2 else "\n")
        for number in range(500, 500 + 2 * MIN_TUNES)
    ]
    critic = fit_critic(real, composed)
    edges, weights = critic.figures["beyond_fiddle"]
    assert weights[find_bin(1.0, edges)] < weights[find_bin(0.0, edges)] - 0.5


def test_sections_that_say_the_same_and_further_keys_are_counted() -> None:
    first, other = "|:A|DFAF DFAF|D8:|", "|:g2|fafd fafd|D8:|"
    plain = dict(zip(FIGURES, measure_figures(tune(HEADER + first + other)), strict=True))
    assert (plain["sections_again"], plain["key_changes"]) == (0, 0)
    text = HEADER + first + other + "\nK:A Major\n" + other.replace("g2", "e2") + first
    found = dict(zip(FIGURES, measure_figures(tune(text)), strict=True))
    assert (found["sections_again"], found["key_changes"]) == (2, 1)
