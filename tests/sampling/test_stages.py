"""Composing pauses at the end of each line, and goes on from the drawing that was chosen there."""

from pathlib import Path

import pytest

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import CRITIC_FILE, Checkpoint, load_checkpoint
from musicgen.sampling.composer import compose, draw_candidates
from musicgen.sampling.critic import Critic, find_critic
from musicgen.sampling.stages import find_pauses, is_pause, take_lines
from tests.examples import write_checkpoint

HEADER = "X:1\nT:A | B\nK:D Major\n"
FIRST, SECOND = "DEFG ABcd|dcBA GFED:|!\n", "d2 d2|e8|]"


def test_a_pause_is_at_the_end_of_a_line_of_music_that_goes_on() -> None:
    text = HEADER + FIRST + SECOND
    assert find_pauses(text) == find_pauses(text + "\n") == [len(HEADER + FIRST)]
    assert is_pause(HEADER + FIRST + "d") and take_lines(HEADER + FIRST + "d2") == HEADER + FIRST
    for other in (HEADER, HEADER + FIRST, HEADER + FIRST + "\n", HEADER + FIRST + "de", text,
                  HEADER + "w:a|b\nd", FIRST + "d", HEADER + "M:3/4|\nd", "X:1\nT:A | B\nK",
                  ""):  # fmt: skip
        assert not is_pause(other)


@pytest.fixture
def checkpoint(tmp_path: Path, dataset) -> Checkpoint:
    """An untrained network whose critic likes lines with many notes, nearly sure of itself."""
    folder = write_checkpoint(tmp_path / "best", dataset.vocabulary)
    many = {"notes_per_bar": ((4.0, 5.0, 6.0, 7.0), (0.0, 1.0, 2.0, 3.0, 4.0, 0.0))}
    critic = Critic(0.0, {}, many, 40.0, (Critic(0.0, {}, many),))
    (folder / CRITIC_FILE).write_bytes(critic.to_json())
    return load_checkpoint(folder)


CONFIG = SampleConfig(seed=3, temperature=1.0, candidates=5, max_new_tokens=400)


def test_all_drawings_go_on_from_the_line_that_the_critic_likes(checkpoint: Checkpoint) -> None:
    critic = find_critic(checkpoint)
    assert critic is not None
    (apart,) = draw_candidates(checkpoint, CONFIG, 5)
    lines = [one.abc[: find_pauses(one.abc)[0]] for one in apart if find_pauses(one.abc)]
    assert len(set(lines)) > 1
    (staged,) = draw_candidates(checkpoint, CONFIG, 5, critic=critic)
    begun = {one.abc[: find_pauses(one.abc)[0]] for one in staged if find_pauses(one.abc)}
    odds = {line: critic.weigh_beginning(line) for line in lines}
    assert len(begun) == 1 and odds[begun.pop()] == max(odds.values())
    assert len({one.abc for one in staged}) > 1
    for one in staged:
        assert len(one.char_probs) == len(one.abc) - one.drawn_start or not one.is_complete


def test_tunes_that_are_chosen_line_by_line_are_the_same_alone(checkpoint: Checkpoint) -> None:
    config = CONFIG.replace(candidates=4)
    together = compose(checkpoint, config.replace(count=2))
    for number, one in enumerate(together):
        (alone,) = compose(checkpoint, config.replace(seed=3 + number))
        assert (alone.abc, alone.chosen, alone.char_probs) == (one.abc, one.chosen, one.char_probs)


def test_stages_are_kept_in_the_file_of_a_critic(checkpoint: Checkpoint) -> None:
    critic = find_critic(checkpoint)
    assert critic is not None and len(critic.stages) == 1
    assert critic.stages[0].figures == critic.figures
