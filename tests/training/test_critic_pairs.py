from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from musicgen.config import SampleConfig
from musicgen.corpus.dataset import Dataset
from musicgen.errors import PreferenceError
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.presets import Preset
from musicgen.sampling.composer import Composition, compose, draw_candidates
from musicgen.sampling.critic import Critic, candidate_seeds
from musicgen.training import critic_pairs
from musicgen.training.critic_pairs import compose_own_pairs, compose_pairs, find_or_fit_critic
from musicgen.training.loop.session import TrainingSession
from musicgen.training.preference_pairs import PreferencePair
from musicgen.training.runs.run import RunStore
from tests.examples import make_tune

SHORT = Critic(0.0, {}, {"bars": ((3.5,), (2.0, -2.0, 0.0))})
"""Finds tunes of up to three bars real, and longer ones composed."""


@pytest.fixture
def start(checkpoint_folder: Path) -> Checkpoint:
    return load_checkpoint(checkpoint_folder)


def piece(abc: str, is_complete: bool = True) -> Composition:
    tune, problems = read_tune(abc)
    return Composition(
        abc, tune, tuple(problems), (), 0, is_complete, 0, SampleConfig(), "small", "0"
    )


def tune_of(number: int, bars: int) -> Composition:
    header = f"X:{number}\nT:{number}\nM:C\nL:1/8\nK:D Major\n"
    return piece(header + "DEFG ABcd|" * bars + "\n")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Composition]]:
    """What the model is made to draw, one tune after another."""
    found: list[Sequence[Composition]] = []

    def fake(*_arguments: object, **_settings: object) -> Iterator[Sequence[Composition]]:
        yield from found

    monkeypatch.setattr(critic_pairs, "draw_candidates", fake)
    return found


def test_the_most_real_drawing_is_preferred_to_the_least_real(
    start: Checkpoint, drawn: list[Sequence[Composition]]
) -> None:
    for number in range(5):
        short, long = tune_of(number, 3), tune_of(number, 6)
        spoiled = replace(tune_of(number, 2), is_complete=False)
        drawn.append([long, spoiled, short])
    found = compose_pairs(start, SHORT, 5)
    assert found == [PreferencePair(three[2].abc, three[0].abc) for three in drawn]


def test_drawings_that_cannot_be_compared_make_no_pair(
    start: Checkpoint, drawn: list[Sequence[Composition]]
) -> None:
    pairs = [[tune_of(number, 3), tune_of(number, 6)] for number in range(4)]
    drawn += [[tune_of(9, 3), tune_of(9, 2)], *pairs, pairs[0], [piece("X:1\n"), pairs[1][0]]]
    assert len(compose_pairs(start, SHORT, 50)) == 4
    drawn[:] = pairs[:3]
    with pytest.raises(PreferenceError, match="too few tunes that are complete"):
        compose_pairs(start, SHORT, 50)


def test_composing_stops_when_told(
    start: Checkpoint, drawn: list[Sequence[Composition]], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn += [[tune_of(number, 3), tune_of(number, 6)] for number in range(8)]
    critic = Checkpoint(start.network, start.metadata, "", SHORT.to_json())
    assert len(compose_own_pairs(critic, [], 8, 0, lambda: False) or []) == 8
    assert compose_own_pairs(critic, [], 8, 0, lambda: True) is None


def test_a_run_composes_its_pairs_once_and_asks_the_critic_that_it_started_with(
    tmp_path: Path,
    tiny_preset: Preset,
    dataset: Dataset,
    start: Checkpoint,
    drawn: list[Sequence[Composition]],
) -> None:
    drawn += [[tune_of(number, 3), tune_of(number, 6)] for number in range(8)]
    settings = tiny_preset.training.replace(preferences=1.0, preference_count=8, max_steps=4)
    with_critic = Checkpoint(start.network, start.metadata, "", SHORT.to_json())
    run = RunStore(tmp_path / "own").create(
        "one", replace(tiny_preset, training=settings), with_critic
    )
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda item: seen.append(item.step))
    assert session.train(lambda: True) == "stopped"  # while it composes
    assert run.read_pairs() == []
    session.train(lambda: len(seen) == 2)
    pairs = run.read_pairs()
    assert [pair.chosen for pair in pairs] == [three[0].abc for three in drawn]
    drawn.clear()
    assert TrainingSession(run, dataset, lambda _: None).train() == "finished"
    assert run.read_pairs() == pairs
    assert all("preference_loss" in item.figures for item in run.read_metrics())


def test_a_model_without_a_critic_gets_one_where_there_are_tunes_enough(
    start: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = [tune_of(number, 6).abc for number in range(100)]
    monkeypatch.setattr(
        "musicgen.evaluation.critic_fitting.compose_for_critic", lambda *_: composed
    )
    real = [make_tune(number) for number in range(100)]
    critic = find_or_fit_critic(start, real)
    assert critic.log_odds(read_tune(real[0])[0]) > critic.log_odds(read_tune(composed[0])[0])
    with pytest.raises(PreferenceError, match="no critic, and none can be fitted"):
        find_or_fit_critic(start, real[:20])


def test_the_first_of_all_drawings_is_what_is_composed_without_a_critic(
    start: Checkpoint, dataset: Dataset
) -> None:
    config = SampleConfig(seed=7, count=2, max_new_tokens=60, sections=1, bars=2)
    all_drawn = list(draw_candidates(start, config, 3))
    assert [len(drawings) for drawings in all_drawn] == [3, 3]
    assert [drawings[0].abc for drawings in all_drawn] == [
        one.abc for one in compose(start, config)
    ]
    assert [one.seed for one in all_drawn[1]] == candidate_seeds(8, 3)
