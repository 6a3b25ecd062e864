"""What a critic with known wishes makes of the next character."""

from dataclasses import replace

import numpy as np
import pytest

from musicgen.api import load_model
from musicgen.config import SampleConfig
from musicgen.interpretation.critic_stage import find_critic_stage
from musicgen.interpretation.expectation import Stage, find_stages
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.critic import Critic

CONFIG = SampleConfig(temperature=1.0, candidates=8)
TEXT = "X:1\nB:lab\nR:jig\nM:6/8\nL:1/8\nN:8 8 b\nK:D Major\nDFA "
NOTHING: tuple[Critic, ...] = (Critic(0.0, {}, {}),)


@pytest.fixture(scope="module")
def student() -> Checkpoint:
    return load_model("student")


def with_critic(checkpoint: Checkpoint, critic: Critic) -> Checkpoint:
    return Checkpoint(
        checkpoint.network, checkpoint.metadata, checkpoint.fingerprint, critic.to_json()
    )


def judged(checkpoint: Checkpoint, critic: Critic, text: str = TEXT) -> tuple[Stage, Stage | None]:
    before = find_stages(checkpoint, CONFIG, text)[-1]
    changed = with_critic(checkpoint, critic)
    return before, find_critic_stage(changed, CONFIG, text, len(text), before)


def test_a_critic_that_finds_all_alike_changes_nothing(student: Checkpoint) -> None:
    before, after = judged(student, Critic(0.0, {}, {}, stages=NOTHING))
    assert after is not None
    np.testing.assert_allclose(after.probs, before.probs, atol=0.04)
    assert after.probs.sum() == pytest.approx(1.0)


def test_a_critic_makes_likelier_what_it_likes_and_less_likely_what_it_does_not(
    student: Checkpoint,
) -> None:
    shares = []
    for weight in (-90.0, 90.0):  # of a bar with a quarter behind three eighths: DFA A2 x
        stage = Critic(0.0, {"r12-12-12-24-12": weight}, {})
        before, after = judged(student, replace(stage, stages=(stage,)), TEXT + "A")
        assert after is not None
        shares.append(after.probs[before.characters.index("2")])
        unlikely = before.probs < 0.01
        np.testing.assert_array_equal(after.probs[unlikely], before.probs[unlikely])
    share = before.probs[before.characters.index("2")]
    assert shares[0] < share / 4
    assert shares[1] > share * 1.5


def test_the_same_question_has_the_same_answer(student: Checkpoint) -> None:
    (_before, one), (_again, other) = (
        judged(student, Critic(0.0, {}, {}, stages=NOTHING)) for _ in range(2)
    )
    assert one is not None and other is not None
    assert (one.probs == other.probs).all()


def test_without_a_critic_or_a_choice_there_is_no_stage(student: Checkpoint) -> None:
    before = find_stages(student, CONFIG, TEXT)[-1]
    without = Checkpoint(student.network, student.metadata, student.fingerprint)
    assert find_critic_stage(without, CONFIG, TEXT, len(TEXT), before) is None
    critic = with_critic(student, Critic(0.0, {}, {}))
    place = TEXT.index("/8")
    certain = find_stages(student, CONFIG, TEXT, place)[-1]
    assert find_critic_stage(critic, CONFIG, TEXT, place, certain) is None


def test_a_character_that_a_beginning_cannot_end_with_stays_as_likely_as_it_is(
    student: Checkpoint,
) -> None:
    before = find_stages(student, CONFIG, TEXT)[-1]
    probs = before.probs * 0.7
    bracket = before.characters.index("[")
    probs[bracket] += 0.3
    critic = with_critic(student, Critic(0.0, {}, {}, stages=NOTHING))
    after = find_critic_stage(critic, CONFIG, TEXT, len(TEXT), replace(before, probs=probs))
    assert after is not None
    assert after.probs[bracket] == probs[bracket]
    assert after.probs.sum() == pytest.approx(1.0)
