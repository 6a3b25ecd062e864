"""``python -m bench.studies``: are the figures of a listening study true, and is no ballot lost?

- *coverage*: simulated studies with known strengths, ties, a favoured side; how often the 95 %
  intervals hold the truth, and how often a difference is found where the plan told a power of 80 %,
  or where there is none, looked at once and four times. With ``--spread`` listeners differ in
  taste and tunes of a version in how good they are, and the truth is what the same model finds in
  very many ballots; the plan says so too, or, with ``--told``, something else.
- *ratings*: the same of studies in which tunes are rated, at the difference of means that the plan
  said it would find in 80 %, with ``--spread`` or without.
- *kills*: two listeners vote in a process that is killed (SIGKILL) at random moments and started
  again. Every ballot that was said to be kept must be there, and none twice.
- *crowd*: listeners at once, each in a thread, who think for about two seconds, far less than
  people do: how long a vote and the next pair take.

Exit status 1 if a ballot is lost or doubled.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from musicgen.listening.bradley_terry import Interval, PairedBallots, fit, to_log_odds
from musicgen.listening.plan import StudyPlan, StudySettings, Version
from musicgen.listening.power import (
    LOGISTIC_SPREAD,
    RATING_SPREAD,
    find_look,
    look_bound,
    plan_power,
    plan_rating_power,
)
from musicgen.listening.results import Rating, mean_difference
from musicgen.listening.store import StudyStore, StudyTune
from musicgen.listening.trials import COUNTED, Meetings, draw_trials

TIE_WEIGHT = -0.7
SIDE = 0.15
THINK_S = 2.0
CROWD_BALLOTS = 15


def main() -> int:
    """Runs what is asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", nargs="*", default=["coverage", "ratings", "kills", "crowd"])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--listeners", type=int, default=30)
    parser.add_argument("--spread", type=float, default=0.0)
    parser.add_argument("--told", type=float, help="the plan's spread, where it is another")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        vote_until_killed(Path(asked.worker[0]), asked.worker[1])
        return 0
    failures = 0
    if "coverage" in asked.what:
        told = asked.spread if asked.told is None else asked.told
        measure_coverage(asked.studies, asked.spread, told)
    if "ratings" in asked.what:
        measure_ratings(asked.studies, asked.spread)
    if "kills" in asked.what:
        failures += kill(asked.kills)
    if "crowd" in asked.what:
        crowd(asked.listeners)
    return min(1, failures)


def make_plan(versions: int, **changes: object) -> StudyPlan:
    """A plan of so many versions."""
    settings = StudySettings.from_dict({"checks": 0, "practice": False} | changes)
    return StudyPlan("A study", tuple(Version(label=f"v{n}") for n in range(versions)), settings)


def simulate(
    plan: StudyPlan, strengths: np.ndarray, spread: float, rng: np.random.Generator
) -> PairedBallots:
    """The ballots of one study, in the order in which they came.

    Listeners differ by `spread` in log-odds for each version, and so do slots.
    """
    rows = []
    met = Meetings()
    slots = rng.normal(0, spread / np.sqrt(2), (plan.settings.tunes, len(strengths)))
    for listener in range(plan.settings.listeners):
        taste = strengths + rng.normal(0, spread / np.sqrt(2), len(strengths))
        trials = draw_trials(plan, met, int(rng.integers(2**31)))
        for one in trials:
            if one.kind != COUNTED:
                continue
            met[one.slot, min(one.left, one.right), max(one.left, one.right)] += 1
            own = taste + slots[one.slot]
            left, right = own[one.left] + SIDE / 2, own[one.right] - SIDE / 2
            weights = np.exp([left, right, TIE_WEIGHT + (left + right) / 2])
            outcome = int(rng.choice(3, p=weights / weights.sum()))
            rows.append((one.left, one.right, outcome, listener, one.slot))
    return PairedBallots.of(rows)


def true_strengths(strengths: np.ndarray, spread: float) -> np.ndarray:
    """What the model finds in very many ballots: the truth, where tastes do not differ."""
    if not spread:
        return strengths - strengths.mean()
    plan = make_plan(len(strengths), tunes=100, pairs=100, listeners=600)
    found = [
        fit(simulate(plan, strengths, spread, np.random.default_rng(seed)), len(strengths))
        for seed in range(5)
    ]
    return np.mean([one.strengths for one in found], axis=0)


def measure_coverage(studies: int, spread: float, told: float) -> None:
    """Prints how often intervals hold the truth, and how often differences are found.

    Args:
        studies: How many are simulated.
        spread: How far tastes and tunes differ.
        told: What the plan says of that.
    """
    strengths = np.array([0.5, 0.1, -0.6])
    truth = true_strengths(strengths, spread)
    plan = make_plan(3, spread=told)
    held = np.zeros(3)
    held_gap = held_side = 0
    for seed in range(studies):
        ballots = simulate(plan, strengths, spread, np.random.default_rng(1000 + seed))
        found = fit(ballots, 3, tunes_differ=told > 0)
        ends = [found.strength(version) for version in range(3)]
        held += [one.low <= value <= one.high for one, value in zip(ends, truth, strict=True)]
        gap = found.difference(0, 2)
        held_gap += gap.low <= truth[0] - truth[2] <= gap.high
        held_side += found.side_advantage.low <= SIDE <= found.side_advantage.high
    shares = " ".join(f"{share:.1%}" for share in held / studies)
    print(f"{studies} studies of 3 versions, {plan.settings.listeners} listeners with "
          f"{plan.settings.pairs} pairs, spread {spread:g}, told {told:g}:")  # fmt: skip
    print(f"  95 % intervals hold the strengths in {shares}, a difference in "
          f"{held_gap / studies:.1%}, the side in {held_side / studies:.1%}")  # fmt: skip
    for looks in (1, 4):
        two = make_plan(2, looks=looks, spread=told, listeners=12)
        for share in (0.5, plan_power(two).smallest):
            found_in = sum(_is_found(two, share, spread, seed) for seed in range(studies))
            word = "told 80 %" if share > 0.5 else "should be at most 5 %"
            print(f"  {looks} look(s), preference {share:.1%}: a difference is found in "
                  f"{found_in / studies:.1%} ({word})")  # fmt: skip


def _is_found(plan: StudyPlan, share: float, spread: float, seed: int) -> bool:
    """Whether a study finds a difference at any of its looks."""
    from scipy import stats

    gap = to_log_odds(share) if share > 0.5 else 0.0
    rng = np.random.default_rng(50_000 + seed)
    whole = simulate(plan, np.array([gap / 2, -gap / 2]), spread, rng)
    looks = plan.settings.looks
    for number in range(1, looks + 1):
        look = find_look(len(whole), looks, -(-len(whole) * number // looks))
        part = PairedBallots(
            *(
                getattr(whole, name)[: look.ballots]
                for name in ("left", "right", "outcome", "listener", "slot")
            )
        )
        found = fit(part, 2, tunes_differ=plan.settings.spread > 0)
        critical = stats.t.ppf(stats.norm.cdf(look_bound(number, looks)), found.freedom)
        if abs(found.difference(0, 1).value) > critical * found.error(0, 1):
            return True
    return False


def measure_ratings(studies: int, spread: float) -> None:
    """Prints how often intervals of differences hold the truth, and how often one is found."""
    for listeners, heard in ((20, 20), (30, 10), (10, 20), (40, 20)):
        plan = make_plan(
            2, design="ratings", tunes=heard, pairs=heard, listeners=listeners, spread=spread
        )
        gap, chance = plan_rating_power(plan).smallest, np.random.default_rng(1)
        found = [rate(chance, listeners, heard, gap, spread) for _ in range(studies)]
        holds = np.mean([one.low <= gap <= one.high for one in found])
        seen = np.mean([one.low > 0 for one in found])
        print(f"ratings, {listeners} listeners of {heard} tunes, spread {spread:g}: intervals hold "
              f"the truth in {holds:.1%}; {gap:.2f} points found in {seen:.1%}")  # fmt: skip


def rate(
    chance: np.random.Generator, listeners: int, heard: int, gap: float, spread: float
) -> Interval:
    """What a simulated study finds of two versions that are `gap` points apart."""
    scale = spread / LOGISTIC_SPREAD
    tastes = chance.normal(0, scale, (listeners, 2))
    tunes = chance.normal(0, scale, (2, heard))
    rows: list[list[Rating]] = [[], []]
    for listener in range(listeners):
        for place, tune in enumerate(chance.permutation(heard)):
            version = place % 2
            value = 3 + gap * version + tastes[listener, version] + tunes[version, tune]
            value += chance.normal(0, RATING_SPREAD)
            rows[version].append(Rating(str(listener), (version, int(tune)), value))
    return mean_difference(rows[1], rows[0], tunes_differ=spread > 0)


def make_study(folder: Path, **changes: object) -> str:
    """A study with small sounds, for votes without a page."""
    plan = make_plan(2, tunes=100, pairs=100, listeners=30, **changes)
    tunes = [
        StudyTune(slot, version, "X:1\nK:D\nD4|", "", bytes(100_000))
        for slot in range(100)
        for version in range(2)
    ]
    return StudyStore(folder).add(plan, tunes)


def vote_until_killed(folder: Path, names: str) -> None:
    """Votes for two listeners, each in a thread, and prints each ballot once it is kept."""
    chance = random.Random()

    def listen(listener: str) -> None:
        store = StudyStore(folder)
        while trial := store.next_trial(listener):
            answer = chance.choice(("left", "right", "tie"))
            store.vote(listener, trial.position, answer, 1000)
            os.write(1, f"{listener} {trial.position} {answer}\n".encode())
            store.vote(listener, trial.position, chance.choice(("left", "right")), 1)

    threads = [threading.Thread(target=listen, args=(name,)) for name in names.split(",")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def kill(kills: int) -> int:
    """Kills the voting so often; how many ballots are lost, changed or doubled."""
    chance = random.Random(0)
    done = 0
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        study = make_study(folder)
        store = StudyStore(folder)
        kept: dict[tuple[str, int], str] = {}
        pair: list[str] = []
        while done < kills:
            if not pair or not any(store.next_trial(name) for name in pair):
                pair = [store.enrol(study).id for _ in range(2)]
            command = [sys.executable, "-m", "bench.studies", "--worker", home, ",".join(pair)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            first = process.stdout.readline() if process.stdout else ""
            try:
                rest, _ = process.communicate(timeout=chance.uniform(0.0, 0.3))
            except subprocess.TimeoutExpired:
                process.kill()
                rest, _ = process.communicate()
                done += 1
            for line in (first + rest).splitlines():
                words = line.split()
                if len(words) == 3 and words[2] in ("left", "right", "tie"):
                    kept[words[0], int(words[1])] = words[2]
        found = [(one.listener, one.trial.position) for one in store.ballots(study)]
        answers = {(b.listener, b.trial.position): b.answer for b in store.ballots(study)}
        lost = sum(answers.get(key) != answer for key, answer in kept.items())
    doubled = len(found) - len(set(found))
    print(f"{done} kills: {len(kept)} ballots were told to be kept, {lost} are lost or changed, "
          f"{doubled} are there twice ({len(found)} in all)")  # fmt: skip
    return lost + doubled


def crowd(listeners: int) -> None:
    """Prints how long a vote and the next pair with its sounds take with all voting at once."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        study = make_study(folder, seed=1)
        store = StudyStore(folder)
        names = [store.enrol(study).id for _ in range(listeners)]
        times: list[float] = []

        def listen(name: str) -> None:
            own, chance = StudyStore(folder), random.Random(name)
            for _ in range(CROWD_BALLOTS):
                time.sleep(chance.uniform(0, 2 * THINK_S))
                started = time.perf_counter()
                trial = own.next_trial(name)
                if trial is None:
                    return
                for version in (trial.left, trial.right):
                    own.tune(study, trial.slot, version)
                own.vote(name, trial.position, "left", 5)
                times.append(time.perf_counter() - started)

        threads = [threading.Thread(target=listen, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        p50, p95 = np.percentile(times, (50, 95))
        count = len(store.ballots(study))
    print(f"{listeners} listeners at once, {count} of {CROWD_BALLOTS * listeners} ballots kept: "
          f"next pair and vote p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
