"""What serves how many listeners, and where it breaks first: from measured costs, by simulation.

python -m experiments.scale            the tables of docs/scale.md
python -m experiments.scale --check    the simulator beside formulas of queueing theory

A process of the server is a machine that all who wait for a tune share equally (processor sharing),
none of them with more than one core. Listeners come by chance (Poisson), listen, and ask for the
next tune. What is simulated is the busiest hour of a day, as telephone exchanges are planned.
"""

import argparse
import functools
import heapq
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

BUSY_SHARE = 0.12
"""Of a day's listeners, how many come in its busiest hour."""

LISTENERS = (30, 1_000, 1_000_000)

PAGE_MB = 1.23
"""The page that `musicgen export --format html` writes of `student`, sent to each listener once."""

BEARABLE_S = 3.0
"""The 95th percentile of the wait for a tune that counts as served."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured on two cores of an AMD EPYC (Zen 4); docs/scale.md says how.

    A tune takes `draw_s` of processor time to be drawn, which is done `ahead` while one listens to
    the tune before, and `show_s` to be played, engraved and sent. `spread` is the coefficient of
    variation of both; `cores` are what one process makes use of; memory is in MB; `tune_mb` is what
    travels.
    """

    draw_s: float = 1.3
    show_s: float = 0.6
    spread: float = 0.35
    ahead: bool = True
    cores: float = 1.3
    process_mb: float = 700.0
    listener_mb: float = 19.0
    tune_mb: float = 7.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How people listen: tunes in a visit (geometric), and seconds between one and the next ask."""

    tunes: float = 6.0
    listening_s: float = 35.0


@dataclass(frozen=True, slots=True)
class Hour:
    """What came of an hour: waits in seconds, and the most listeners there at once."""

    waits: tuple[float, ...]
    most_listeners: int
    busy_share: float

    def percentile(self, share: float) -> float:
        """The wait that so many do not exceed; 0 where nobody asked."""
        ranked = sorted(self.waits)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


class SharedProcessor:
    """Work that shares `cores` equally, each piece with at most one core.

    All pieces go on at one rate, so that a clock of its own, which goes at this rate, says when
    each is done: the end of a piece on it is fixed when the piece comes.
    """

    def __init__(self, cores: float) -> None:
        self._cores = cores
        self._ends: list[tuple[float, int]] = []
        self._clock = self._now = self.worked_s = 0.0

    @property
    def rate(self) -> float:
        """Seconds of work done for each piece in a second."""
        return min(1.0, self._cores / max(1, len(self._ends)))

    def begin(self, now: float, work_s: float, name: int) -> None:
        """A piece comes."""
        self._advance(now)
        heapq.heappush(self._ends, (self._clock + work_s, name))

    def next_end(self) -> float:
        """When the next piece is done, if none comes before; infinity without any."""
        if not self._ends:
            return math.inf
        return self._now + max(0.0, self._ends[0][0] - self._clock) / self.rate

    def finish(self) -> tuple[float, int]:
        """The moment and the name of the piece that is done next; it is taken away."""
        now = self.next_end()
        self._advance(now)
        return now, heapq.heappop(self._ends)[1]

    def _advance(self, now: float) -> None:
        passed = now - self._now
        self.worked_s += passed * self.rate * len(self._ends)
        self._clock += passed * self.rate
        self._now = now


@dataclass(slots=True)
class _Listener:
    """Somebody who is there: tunes to come, since when one waits, and whether one is drawn."""

    left: int
    asked: float | None = None
    is_drawing: bool = False
    is_drawn: bool = False


class Server:
    """One process and those who come to it.

    Args:
        cores: What it makes use of.
        ahead: Whether the next tune is drawn while one listens.
        draw_works: Gives the seconds of work to draw a tune, and to show it.
        draw_pause: Gives the seconds between hearing a tune and asking for the next.
    """

    def __init__(
        self,
        cores: float,
        ahead: bool,
        draw_works: Callable[[], tuple[float, float]],
        draw_pause: Callable[[], float],
    ) -> None:
        self._cores, self._ahead = cores, ahead
        self._draw_works, self._draw_pause = draw_works, draw_pause
        self._processor = SharedProcessor(cores)
        self._there: dict[int, _Listener] = {}
        self._showing: dict[int, float] = {}
        self._asking: list[tuple[float, int]] = []

    def serve(self, arrivals: Iterator[tuple[float, int]]) -> Hour:
        """What comes of listeners, each a moment and a number of tunes, until all have gone."""
        waits: list[float] = []
        most, number, now = 0, 0, 0.0
        coming = next(arrivals, None)
        while True:
            comes = coming[0] if coming else math.inf
            asks = self._asking[0][0] if self._asking else math.inf
            done = self._processor.next_end()
            if min(comes, asks, done) == math.inf:
                break
            if done <= min(comes, asks):
                now, who = self._processor.finish()
                waits += self._end_piece(now, who)
            elif coming and comes <= asks:
                number, now = number + 1, comes
                self._there[number] = _Listener(coming[1])
                most = max(most, len(self._there))
                self._ask(now, number)
                coming = next(arrivals, None)
            else:
                now, who = heapq.heappop(self._asking)
                self._ask(now, who)
        share = self._processor.worked_s / (self._cores * now) if now else 0.0
        return Hour(tuple(waits), most, share)

    def _ask(self, now: float, who: int) -> None:
        listener = self._there[who]
        listener.asked = now
        if listener.is_drawn:
            self._show(now, who)
        elif not listener.is_drawing:
            self._draw(now, who)

    def _draw(self, now: float, who: int) -> None:
        draw_s, show_s = self._draw_works()
        self._there[who].is_drawing = True
        self._there[who].is_drawn = False
        self._showing[who] = show_s
        self._processor.begin(now, draw_s, who)

    def _show(self, now: float, who: int) -> None:
        self._there[who].is_drawn = False
        self._processor.begin(now, self._showing[who], who)

    def _end_piece(self, now: float, who: int) -> Sequence[float]:
        """A tune is drawn, or shown: then the wait for it, alone in a list."""
        listener = self._there.get(who)
        if listener is None:  # drawn ahead for somebody who has gone
            return []
        if listener.is_drawing:
            listener.is_drawing, listener.is_drawn = False, True
            if listener.asked is not None:
                self._show(now, who)
            return []
        waited = now - (now if listener.asked is None else listener.asked)
        listener.asked, listener.left = None, listener.left - 1
        if listener.left:
            heapq.heappush(self._asking, (now + self._draw_pause(), who))
        if self._ahead:
            self._draw(now, who)
        if not listener.left:
            del self._there[who]
        return [waited]


def simulate_hour(
    listeners: float, costs: Costs, habits: Habits, seed: int = 0, hours: float = 1.0
) -> Hour:
    """The busiest hour of a process to which so many listeners come in it."""
    chance = random.Random(seed)
    goes_on = 1.0 - 1.0 / habits.tunes

    def arrive() -> Iterator[tuple[float, int]]:
        now = 0.0
        while (now := now + chance.expovariate(listeners / 3600.0)) < hours * 3600.0:
            tunes = 1
            while chance.random() < goes_on:
                tunes += 1
            yield now, tunes

    server = _open_server(costs, chance, lambda: chance.expovariate(1.0 / habits.listening_s))
    return server.serve(arrive())


def _open_server(costs: Costs, chance: random.Random, draw_pause: Callable[[], float]) -> Server:
    shape = 1.0 / costs.spread**2

    def draw_works() -> tuple[float, float]:
        factor = chance.gammavariate(shape, 1.0 / shape)  # a long tune takes longer in all
        return costs.draw_s * factor, costs.show_s * factor

    return Server(costs.cores, costs.ahead, draw_works, draw_pause)


def find_capacity(costs: Costs, habits: Habits, bound_s: float = BEARABLE_S) -> int:
    """Listeners an hour that a process serves: the most whose waits stay within the bound."""
    few, many = 1, 2
    while _is_served(many, costs, habits, bound_s):
        few, many = many, 2 * many
    while many - few > max(1, few // 50):
        middle = (few + many) // 2
        if _is_served(middle, costs, habits, bound_s):
            few = middle
        else:
            many = middle
    return few


def _is_served(listeners: float, costs: Costs, habits: Habits, bound_s: float) -> bool:
    waits = [
        simulate_hour(listeners, costs, habits, seed, hours=4.0).percentile(0.95)
        for seed in range(3)
    ]
    return sorted(waits)[1] <= bound_s


@dataclass(frozen=True, slots=True)
class Need:
    """What a day of so many listeners needs in its busiest hour; megabits in a second."""

    listeners_a_day: int
    processes: int
    wait_median_s: float
    wait_p95_s: float
    memory_gb: float
    megabits: float


def plan(listeners_a_day: int, costs: Costs, habits: Habits) -> Need:
    """Processes, memory and network for a day; listeners are dealt out evenly."""
    in_hour = max(1.0, BUSY_SHARE * listeners_a_day)
    processes = math.ceil(in_hour / find_capacity(costs, habits))
    hours = [simulate_hour(in_hour / processes, costs, habits, seed, 4.0) for seed in range(3)]
    waits = Hour(tuple(wait for hour in hours for wait in hour.waits), 0, 0.0)
    most = max(hour.most_listeners for hour in hours)
    memory = processes * (costs.process_mb + most * costs.listener_mb) / 1000
    megabits = in_hour * habits.tunes * costs.tune_mb * 8 / 3600
    return Need(
        listeners_a_day, processes, waits.percentile(0.5), waits.percentile(0.95), memory, megabits
    )


def simulate_class(pupils: int, costs: Costs, pause_s: float, tunes: int = 20) -> Hour:
    """A class whose pupils begin together, and each ask for so many tunes with such pauses."""
    chance = random.Random(0)
    server = _open_server(costs, chance, lambda: chance.uniform(0.5, 1.5) * pause_s)
    return server.serve(iter([(0.0, tunes)] * pupils))


@dataclass(frozen=True, slots=True)
class Cluster:
    """Devices that train one network, from data sheets: nothing of this was measured here.

    `flops` that a device reaches in dense products, `bytes_s` between two of them, `latency_s` of a
    message, `launch_s` until a small product is done, which nothing makes shorter.
    """

    devices: int
    flops: float = 4e14
    bytes_s: float = 4e10
    latency_s: float = 1e-5
    launch_s: float = 8e-6


def step_s(cluster: Cluster, parameters: float, lanes: int, length: int, layers: int) -> float:
    """Seconds of a step of a recurrent network of which each device reads its part of the lanes.

    Six operations for each weight and character (Kaplan and others 2020, §2.1); no less than
    one launch after the other along the stretch, there and back, for each layer; then the
    gradients go round in a ring (Patarasuk and Yuan 2009), 4 bytes each.
    """
    count = cluster.devices
    products = 6 * parameters * lanes * length / count / cluster.flops
    chain = 3 * layers * length * cluster.launch_s
    ring = 2 * (count - 1) / count * 4 * parameters / cluster.bytes_s
    return max(products, chain) + ring + 2 * (count - 1) * cluster.latency_s


def waiting_mean_s(arrivals: float, work_s: float, cores: int) -> float:
    """Mean time in an M/M/c queue, by Erlang's C formula (Kleinrock 1975, §3.5)."""
    load = arrivals * work_s
    below = sum(load**k / math.factorial(k) for k in range(cores))
    full = load**cores / math.factorial(cores) * cores / (cores - load)
    return work_s + full / (below + full) * work_s / (cores - load)


def check(seed: int = 1, count: int = 100_000) -> Sequence[tuple[str, float, float]]:
    """Cases with their mean times: by a formula, and simulated.

    A shared core takes ``work / (1 - load)`` in the mean whatever the work is like (Kleinrock 1976,
    §4.4), and so do several cores as Erlang has it where work is exponential.
    """
    kinds: dict[str, Callable[[random.Random], float]] = {
        "always the same": lambda _chance: 1.0,
        "exponential": lambda chance: chance.expovariate(1.0),
        "few long ones": lambda chance: chance.expovariate(0.1 if chance.random() < 0.05 else 1.9),
    }
    rows = []
    for cores, load, kind in (
        (1, 0.5, "always the same"), (1, 0.5, "exponential"), (1, 0.5, "few long ones"),
        (1, 0.8, "exponential"), (2, 0.8, "exponential"), (4, 0.9, "exponential"),
    ):  # fmt: skip
        chance = random.Random(seed)
        mean = {"few long ones": 0.05 * 10.0 + 0.95 / 1.9}.get(kind, 1.0)
        rate = load * cores / mean
        moments: list[float] = []
        for _ in range(count):
            moments.append((moments[-1] if moments else 0.0) + chance.expovariate(rate))
        works = functools.partial(_alone, kinds[kind], chance)
        hour = Server(cores, False, works, lambda: 0.0).serve((moment, 1) for moment in moments)
        rows.append(
            (
                f"{cores} core{'s' * (cores > 1)}, load {load:.0%}, {kind}",
                waiting_mean_s(rate, mean, cores),
                sum(hour.waits) / len(hour.waits),
            )
        )
    return rows


def _alone(work: Callable[[random.Random], float], chance: random.Random) -> tuple[float, float]:
    return 0.0, work(chance)


def _print_listeners() -> None:
    habits = Habits()
    variants = {
        "as it is": Costs(),
        "sound as OGG in place of WAV": Costs(tune_mb=0.5),
        "one drawing in place of eight as well": Costs(draw_s=0.2, tune_mb=0.5),
    }
    print("| | listeners a day | processes | wait, median | 95 % | memory | network |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, costs in variants.items():
        for listeners in LISTENERS:
            need = plan(listeners, costs, habits)
            print(
                f"| {name} | {listeners:,} | {need.processes:,} | {need.wait_median_s:.1f} s | "
                f"{need.wait_p95_s:.1f} s | {need.memory_gb:,.1f} GB | "
                f"{need.megabits:,.1f} Mbit/s |"
            )
    for listeners in LISTENERS:
        megabits = BUSY_SHARE * listeners * PAGE_MB * 8 / 3600
        print(f"| one page, in the browser | {listeners:,} | 0 | | | 0 | {megabits:,.1f} Mbit/s |")
    print("\n| pupils | pause | wait, median | 95 % | processor in use |")
    print("|---:|---:|---:|---:|---:|")
    for pause_s in (15.0, 40.0, 90.0):
        hour = simulate_class(30, Costs(), pause_s)
        waits = f"{hour.percentile(0.5):.1f} s | {hour.percentile(0.95):.1f} s"
        print(f"| 30 | {pause_s:.0f} s | {waits} | {hour.busy_share:.0%} |")


def _print_cluster() -> None:
    print("\n| parameters | lanes a step | 1 GPU | 8 | 100 | gained with 100 |")
    print("|---:|---:|---:|---:|---:|---:|")
    for parameters, lanes, layers in (
        (6e6, 32, 3), (6e6, 4_096, 3), (1e8, 4_096, 6), (1e9, 16_384, 12),
    ):  # fmt: skip
        times = [step_s(Cluster(count), parameters, lanes, 80, layers) for count in (1, 8, 100)]
        shown = " | ".join(f"{1000 * time:,.1f} ms" for time in times)
        print(f"| {parameters:,.0f} | {lanes:,} | {shown} | {times[0] / times[2]:.1f} × |")


def main() -> None:
    """Prints the tables, or the check, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        print("| | by formula | simulated |\n|---|---:|---:|")
        for name, formula, simulated in check():
            print(f"| {name} | {formula:.2f} | {simulated:.2f} |")
        return
    _print_listeners()
    _print_cluster()


if __name__ == "__main__":
    main()
