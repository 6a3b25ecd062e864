"""What the service counts, in the text format of Prometheus (version 0.0.4)."""

import threading
from collections import defaultdict
from collections.abc import Mapping

BOUNDS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram of durations, in seconds."""

_HELP = {
    "musicgen_requests_total": ("counter", "Requests answered, by path and status."),
    "musicgen_request_seconds": ("histogram", "Time to answer, by path."),
    "musicgen_tunes_total": ("counter", "Tunes composed."),
    "musicgen_characters_total": ("counter", "Characters composed."),
    "musicgen_steps_total": ("counter", "Steps of the networks."),
    "musicgen_stepped_tunes_total": ("counter", "Tunes in these steps: by steps, the mean batch."),
    "musicgen_composing": ("gauge", "Requests that compose right now."),
    "musicgen_waiting": ("gauge", "Requests that wait for their turn."),
    "musicgen_resident_bytes": ("gauge", "Memory of the process."),
}


class ServiceMetrics:
    """Counters that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = defaultdict(int)
        self._buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_S) + 1))
        self._seconds: dict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = defaultdict(int)

    def add_request(self, path: str, status: int, seconds: float) -> None:
        """Counts an answer. `path` is one of the service's own, or ``other``."""
        place = sum(seconds > bound for bound in BOUNDS_S)
        with self._lock:
            self._requests[path, status] += 1
            self._buckets[path][place] += 1
            self._seconds[path] += seconds

    def add(self, name: str, count: int) -> None:
        """Adds to a counter, such as ``musicgen_tunes_total``."""
        with self._lock:
            self._counts[name] += count

    def render(self, more: Mapping[str, float]) -> str:
        """All of it as text.

        Args:
            more: Values that others know, by name.
        """
        with self._lock:
            values = dict(self._counts) | dict(more)
            rows = {
                "musicgen_requests_total": [
                    f'musicgen_requests_total{{path="{path}",status="{status}"}} {count}'
                    for (path, status), count in sorted(self._requests.items())
                ],
                "musicgen_request_seconds": [
                    line for path in sorted(self._buckets) for line in self._histogram(path)
                ],
            }
        lines = []
        for name, (kind, meaning) in _HELP.items():
            found = rows.get(name, [f"{name} {values.get(name, 0):g}"])
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}", *found]
        return "\n".join(lines) + "\n"

    def _histogram(self, path: str) -> list[str]:
        name, total, lines = "musicgen_request_seconds", 0, []
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self._buckets[path], strict=True):
            total += count
            lines.append(f'{name}_bucket{{path="{path}",le="{bound}"}} {total}')
        return [
            *lines,
            f'{name}_sum{{path="{path}"}} {self._seconds[path]:.6f}',
            f'{name}_count{{path="{path}"}} {total}',
        ]
