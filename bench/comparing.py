"""Two ways side by side: how many times faster one is, on a machine that is never quite still."""

import statistics
import time
from collections.abc import Callable, Sequence

ROUNDS = 9


def compare(
    name: str, theirs: Callable[[], object], ours: Callable[[], object], weight: float = 1.0
) -> None:
    """Prints how many times faster `ours` is, pair by pair, doing `weight` times the work."""
    ratios, seconds = [], []
    for round_number in range(ROUNDS + 1):
        pair = [_time(theirs), _time(ours)]
        if round_number:  # the first pair warms up
            ratios.append(weight * pair[0] / pair[1])
            seconds.append(pair)
    lab_s, our_s = (statistics.median(part) for part in zip(*seconds, strict=True))
    print(
        f"{name:<48} {statistics.median(ratios):6.1f} x  "
        f"({min(ratios):.1f} to {max(ratios):.1f}; lab {lab_s * 1000:.1f} ms, "
        f"ours {our_s * 1000:.1f} ms)",
        flush=True,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
