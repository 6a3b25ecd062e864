"""What is asked of some tunes, so that as many have it as of the real ones."""

import pytest

from musicgen.evaluation.critic_fitting import find_aims, find_meter_aims
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.aims import (
    AIMS,
    comes_home,
    draw_aims,
    find_share,
    is_aim,
    measure_rates,
    meet,
    meter_of,
    moves_on,
)
from musicgen.sampling.critic import NO_CHANCE, Critic

HEADER = "X:1\nM:C\nL:1/8\nK:D Major\n"


def tune(body: str) -> Tune:
    return read_tune(HEADER + body)[0]


@pytest.mark.parametrize(
    ("body", "is_home"),
    [
        ("DEFG ABcd|D8|]", True),
        ("DEFG ABcd|d8|z8|]", True),
        ("DEFG ABcd|A8|]", False),
        ("DEFG ABcd|[K:A Major]A8|]", True),
        ("z8|]", False),
    ],
)
def test_a_tune_comes_home_by_its_last_note(body: str, is_home: bool) -> None:
    assert comes_home(tune(body)) == is_home


def test_three_equal_bars_in_a_row_stand_still() -> None:
    assert not moves_on(tune("A8|D8|D8|D8|]"))
    assert moves_on(tune("A8|D8|D8|E8|D8|]"))


def test_rates_are_shares_of_tunes() -> None:
    found = measure_rates([tune("D8|]"), tune("A,8|D8|]"), tune("C,8|A8|]"), tune("E8|E8|E8|]")])
    assert found == {"home": 0.5, "fiddle": 0.75, "whistle": 0.5, "moves_on": 0.75}


def test_a_share_lifts_the_rate_to_that_of_the_real_tunes() -> None:
    share = find_share(0.75, 0.6)
    assert share + (1 - share) * 0.6 == pytest.approx(0.75)
    assert find_share(0.5, 0.5) == find_share(0.5, 0.7) == find_share(1.0, 1.0) == 0.0
    assert find_share(1.0, 0.2) == 1.0


def test_something_is_asked_of_as_many_tunes_as_its_share_says() -> None:
    drawn = [draw_aims({"home": 0.75, "whistle": 0.0}, seed) for seed in range(4000)]
    # Of 4,000 tunes it is expected of 3,000; five standard deviations are 137.
    assert abs(drawn.count(("home",)) - 3000) < 137
    assert set(drawn) == {("home",), ()}
    assert draw_aims(dict.fromkeys(AIMS, 1.0), 5) == tuple(AIMS)


def test_a_meter_may_have_a_share_of_its_own() -> None:
    shares = {"home": 0.0, "home 3/4": 1.0}
    assert draw_aims(shares, 1) == draw_aims(shares, 1, "9/8") == ()
    assert draw_aims(shares, 1, meter_of(read_tune("X:1\nM:3/4\nK:D\nD6|]")[0])) == ("home",)
    assert [is_aim(name) for name in ("home", "home 3/4", "home x", "honey", "")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_a_meter_gets_its_share_where_it_comes_home_too_seldom() -> None:
    def waltz(last: str) -> str:
        return f"X:1\nM:3/4\nL:1/8\nK:D Major\nD6|{last}6|]"

    def slip_jig(last: str) -> str:
        return f"X:1\nM:9/8\nL:1/8\nK:D Major\nD9|{last}9|]"

    real = [waltz("D")] * 20 + [slip_jig("D")] * 10 + [slip_jig("A")] * 10 + [HEADER + "D8|]"] * 9
    asked = []

    def compose_in(meter: str) -> list[str]:
        asked.append(meter)
        make = waltz if meter == "3/4" else slip_jig
        return [make("D")] * 50 + [make("A")] * 50

    assert find_meter_aims(real, 0.4, compose_in) == {"home 3/4": 1.0}
    assert sorted(asked) == ["3/4", "9/8"]


def test_those_that_have_what_is_asked_are_kept_and_all_where_none_has() -> None:
    tunes = [tune("A8|]"), tune("d8|]"), tune("A,8|D8|]"), tune("C,8|A8|]")]
    assert meet(tunes, ()) == [0, 1, 2, 3]
    assert meet(tunes, ("home",)) == [1, 2]
    assert meet(tunes, ("home", "whistle")) == [1]
    assert meet(tunes, ("fiddle",)) == [0, 1, 2]
    assert meet(tunes[3:], ("home", "fiddle", "whistle")) == [0]
    assert meet(tunes[2:], ("home", "whistle")) == [0]  # home comes first


def test_a_critic_keeps_a_drawing_that_has_what_is_asked() -> None:
    tunes = [tune("A8|]"), tune("D8|]"), tune("E8|]"), tune("d8|]")]
    critic = Critic(0.0, {}, {}, 1.0, aims={"home": 1.0})
    kept = {critic.choose_tune(tunes, [9.0, 0.0, 9.0, 0.0], seed) for seed in range(50)}
    assert kept == {1, 3}
    assert critic.choose_tune(tunes, [0.0, NO_CHANCE, 0.0, NO_CHANCE], 1) in (0, 2)
    assert critic.choose_tune(tunes, [NO_CHANCE] * 4, 1) == 0
    without = Critic(0.0, {}, {}, 50.0)
    assert without.choose_tune(tunes, [0.0, 0.0, 9.0, 0.0], 1) == 2


def test_a_critic_goes_on_with_a_line_that_the_instrument_has() -> None:
    low, fine = HEADER + "A,8|D8|\nE", HEADER + "A8|D8|\nE"
    line = (Critic(0.0, {}, {}),)
    critic = Critic(0.0, {}, {}, 1.0, line, {"whistle": 1.0, "home": 1.0})
    assert {critic.choose_beginning([low, fine, low], seed, 0) for seed in range(20)} == {1}


def test_what_is_asked_is_found_from_real_tunes_and_chosen_ones() -> None:
    real = [HEADER + "D8|]"] * 3 + [HEADER + "E8|]"]
    chosen = [HEADER + "D8|]", HEADER + "E8|]"]
    assert find_aims(real, chosen) == {"home": 0.5, "fiddle": 0.0, "whistle": 0.0, "moves_on": 0.0}
