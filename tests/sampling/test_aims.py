"""Each tune aims to be like the real ones: how often it comes home, and who can play it."""

from collections import Counter

import pytest

from musicgen.evaluation.critic_fitting import MIN_TUNES, fit_critic
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.aims import (
    INSTRUMENTS,
    Aim,
    count_aims,
    draw_aim,
    find_aim,
    meet_beginning,
    meet_whole,
)
from musicgen.sampling.critic import NO_CHANCE, Critic
from tests.examples import make_tune

HEADER = "X:1\nM:C\nL:1/8\nK:D Major\n"
WHISTLE, FIDDLE, NOBODY = range(len(INSTRUMENTS) + 1)


def tune(body: str) -> Tune:
    return read_tune(HEADER + body)[0]


@pytest.mark.parametrize(
    ("body", "aim"),
    [
        ("DEFG ABcd|D8|]", Aim(True, WHISTLE)),
        ("DEFG ABcd|A8|]", Aim(False, WHISTLE)),
        ("DEFG A,Bcd|d8|]", Aim(True, FIDDLE)),
        ("DEFG C,Bcd|E8|]", Aim(False, NOBODY)),
        ("DEFG ABcd|[K:A Major]A8|]", Aim(True, WHISTLE)),
        ("A8|D8|D8|D8|]", Aim(True, WHISTLE, True)),
        ("A8|D8|D8|E8|D8|]", Aim(True, WHISTLE)),
        ("z8|]", None),
    ],
)
def test_a_tune_comes_home_and_has_an_instrument(body: str, aim: Aim | None) -> None:
    assert find_aim(tune(body)) == aim


def test_aims_are_drawn_as_often_as_they_were_found() -> None:
    aims = count_aims([tune("D8|]")] * 3 + [tune("E8|]"), tune("z8|]")])
    assert aims == {Aim(True, WHISTLE): 3, Aim(False, WHISTLE): 1}
    drawn = Counter(draw_aim(aims, seed) for seed in range(4000))
    # Of 4,000 draws 3,000 are expected at the first; five standard deviations are 137.
    assert abs(drawn[Aim(True, WHISTLE)] - 3000) < 137
    assert draw_aim(aims, 5) == draw_aim(aims, 5)
    assert draw_aim({}, 5) is None


def test_those_that_meet_an_aim_are_kept_and_all_where_none_does() -> None:
    tunes = [tune("A8|]"), tune("d8|]"), tune("A,8|D8|]"), tune("C,8|A8|]")]
    assert meet_whole(tunes, Aim(True, WHISTLE)) == [1]
    assert meet_whole(tunes, Aim(True, FIDDLE)) == [2]
    assert meet_whole(tunes[:2], Aim(True, FIDDLE)) == [1]
    assert meet_whole(tunes, Aim(False, WHISTLE)) == [0]
    assert meet_whole(tunes[2:3], Aim(False, WHISTLE)) == [0]
    assert meet_beginning(tunes, Aim(False, FIDDLE)) == [2]
    assert meet_beginning(tunes, Aim(False, WHISTLE)) == [0, 1]
    assert meet_beginning(tunes[3:], Aim(False, WHISTLE)) == [0]


def test_a_tune_that_stands_still_is_kept_where_it_is_aimed_at_alone() -> None:
    tunes = [tune("D8|D8|D8|]"), tune("D8|E8|D8|]")]
    assert meet_whole(tunes, Aim(True, WHISTLE)) == [1]
    assert meet_whole(tunes, Aim(True, WHISTLE, True)) == [0, 1]
    assert meet_whole(tunes[:1], Aim(True, WHISTLE)) == [0]


def test_a_critic_keeps_a_drawing_that_meets_the_aim() -> None:
    tunes = [tune("A8|]"), tune("D8|]"), tune("E8|]"), tune("d8|]")]
    critic = Critic(0.0, {}, {}, 1.0, aims={Aim(True, WHISTLE): 1})
    kept = Counter(critic.choose_tune(tunes, [9.0, 0.0, 9.0, 0.0], seed) for seed in range(200))
    assert set(kept) == {1, 3}
    assert critic.choose_tune(tunes, [0.0, NO_CHANCE, 0.0, NO_CHANCE], 1) in (0, 2)
    assert critic.choose_tune(tunes, [NO_CHANCE] * 4, 1) == 0
    without = Critic(0.0, {}, {}, 50.0)
    assert without.choose_tune(tunes, [0.0, 0.0, 9.0, 0.0], 1) == 2


def test_a_critic_goes_on_within_the_reach_of_the_aim() -> None:
    low, fine = HEADER + "A,8|D8|\nE", HEADER + "A8|D8|\nE"
    critic = Critic(0.0, {}, {}, 1.0, (Critic(0.0, {}, {}),), {Aim(True, WHISTLE): 1})
    assert [critic.choose_beginning([low, fine, low], seed, 0) for seed in range(20)] == [1] * 20


def test_a_critic_learns_the_aims_of_the_real_tunes() -> None:
    real = [make_tune(number) for number in range(MIN_TUNES)]
    drafts = [make_tune(number) for number in range(500, 500 + MIN_TUNES)]
    critic = fit_critic(real, drafts)
    assert critic.aims == count_aims([read_tune(text)[0] for text in real])
    assert sum(critic.aims.values()) == MIN_TUNES
