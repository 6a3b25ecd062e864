"""``python -m bench.serving``: a thousand tunes over HTTP for sixteen clients at once.

Starts ``musicgen serve`` on a free port, asks it from sixteen threads, compares every tune with
what the composer gives for its seed, and prints how long an answer takes and what memory grows to.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

from musicgen.config import Paths, SampleConfig
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.rendering.files.formats import from_composition
from musicgen.rendering.playback_settings import AS_DANCED, PlaybackSettings
from musicgen.sampling.composer import compose

SETTINGS = {"precision": "int8", "candidates": 1, "free": True, "max_new_tokens": 200}


def main() -> None:
    """Serves, asks and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--checkpoint", default="house")
    asked = parser.parse_args()
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "musicgen", "serve", "--port", str(port),
               "--checkpoint", asked.checkpoint]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        server.stdout.readline()
        wait_for(port)
        measure(port, asked.requests, asked.clients, asked.checkpoint)
    finally:
        server.kill()
        server.wait()


def wait_for(port: int) -> None:
    """Returns when the service answers."""
    for _ in range(600):
        try:
            ask(port, "/health")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The service did not start.")


def ask(port: int, path: str, body: dict[str, Any] | None = None) -> Any:
    """An answer, as text or from its JSON."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://localhost:{port}{path}", data)
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own server
        text = answer.read().decode()
    return text if path == "/metrics" else json.loads(text)


def measure(port: int, requests: int, clients: int, name: str) -> None:
    """Asks from all clients, and compares."""
    seeds = iter(range(requests))
    lock, times, found = threading.Lock(), [], {}

    def client() -> None:
        while True:
            with lock:
                seed = next(seeds, None)
            if seed is None:
                return
            start = time.perf_counter()
            tune = ask(port, "/v1/compose", SETTINGS | {"seed": seed})["tunes"][0]
            with lock:
                times.append(time.perf_counter() - start)
                found[seed] = tune

    ask(port, "/v1/compose", SETTINGS)
    before = read_metric(port, "musicgen_resident_bytes")
    begun = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    half = None
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        time.sleep(0.2)
        if half is None and len(times) >= requests // 2:
            half = read_metric(port, "musicgen_resident_bytes")
    total = time.perf_counter() - begun
    after = read_metric(port, "musicgen_resident_bytes")
    batch = read_metric(port, "musicgen_stepped_tunes_total") / read_metric(
        port, "musicgen_steps_total"
    )
    times.sort()
    print(f"{requests} requests, {clients} clients, {name}: {total:.1f} s, "
          f"{requests / total:.1f} a second, {batch:.1f} tunes a step")  # fmt: skip
    print(f"seconds an answer: median {statistics.median(times):.2f}, "
          f"p95 {times[int(0.95 * len(times))]:.2f}, most {times[-1]:.2f}")  # fmt: skip
    mib = 1 << 20
    print(f"memory: {before / mib:.0f} MiB before, {(half or after) / mib:.0f} half way, "
          f"{after / mib:.0f} at the end")  # fmt: skip
    print(f"wrong: {count_wrong(found, name)} of {len(found)}")


def count_wrong(found: dict[int, Any], name: str) -> int:
    """Tunes that are not those of the composer."""
    checkpoint = load_checkpoint(find_checkpoint(name, Paths.default()).path)
    expected = compose(checkpoint, SampleConfig(**SETTINGS, seed=0, count=len(found)))
    playback = PlaybackSettings(AS_DANCED)
    texts = {one.seed: from_composition(one, playback=playback).abc for one in expected}
    return sum(text != found[seed]["abc"] for seed, text in texts.items())


def read_metric(port: int, name: str) -> float:
    """A value of ``/metrics``."""
    lines = ask(port, "/metrics").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


if __name__ == "__main__":
    main()
