"""The race: the lab's own loop and ours learn the same tunes, one thread each, side by side.

python -m bench.race                     180 seconds of a core for each
python -m bench.race --seconds 60 --json

Both read the training tunes of the lab's book and are asked for the same held-out ones. Time is
that of the processor, for each side its own, so that what else the machine does matters little;
looks at held-out tunes are not counted. The lab's loop is `bench.lab`, with the network and the
settings of its notebook, which took the windows of the whole text; ours is a preset. Losses are in
nats for each character, over all of a tune and over its body (the bodies are the same characters
for both, headers are written in each side's manner).
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

import torch

from bench.lab import LabNetwork, train_step
from musicgen.config import NetworkConfig, Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.models.network import Network, State
from musicgen.presets import apply_overrides, get_preset
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer

LAB_BEST = 1.166
"""The lowest held-out loss that the lab's settings come to, over all characters of a tune."""

SHOWN_S = (10, 60, 180)


@dataclass(frozen=True)
class Place:
    """What a side has after so many seconds of a core."""

    seconds: float
    step: int
    loss: float
    body_loss: float


class _Lab(Network):
    """The lab's network as what `compute_loss` takes."""

    def __init__(self, network: LabNetwork, size: int) -> None:
        super().__init__(NetworkConfig(vocab_size=size))
        self.network = network

    def init_state(self, *_where: Any, **_how: Any) -> State:
        return None

    def forward(self, ids: torch.Tensor, state: State = None) -> Any:
        return self.network(ids, state)


def run_lab(seconds: float, every: float, tell: Callable[[Place], None]) -> None:
    """The lab's loop: Adam at 0.005, batches of 8 windows of 100 characters."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    dataset = load_dataset("lab", Paths.default())
    vocabulary, held_out = dataset.vocabulary, dataset.texts("val")
    ids = vocabulary.encode(dataset.train_text)
    network = LabNetwork(len(vocabulary), 256, 1024, 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    asked = _Lab(network, len(vocabulary))

    def look() -> tuple[float, float]:
        report = compute_loss(asked, vocabulary, held_out)
        return report.loss, report.body_loss

    _race(lambda: train_step(network, optimizer, ids, 100, 8), look, seconds, every, tell)


def run_ours(preset: str, seconds: float, every: float, tell: Callable[[Place], None]) -> None:
    """Our loop with the settings of a preset, its steps without end."""
    torch.set_num_threads(1)
    chosen = apply_overrides(get_preset(preset), {"samples": "0", "eval_interval": "100000"})
    config = chosen.training
    dataset = load_dataset(config.source, Paths.default(), config.plain, config.described)
    fitted = fit_preset(chosen, dataset.vocabulary)
    tunes = dataset.training_texts(config.first_readings)
    trainer = Trainer(fitted, dataset.vocabulary, tunes, dataset.texts("val"))

    def look() -> tuple[float, float]:
        report = trainer.evaluate()
        trainer.network.train()
        return report.loss, report.body_loss

    _race(trainer.train_step, look, seconds, every, tell)


def _race(
    step: Callable[[], object],
    look: Callable[[], tuple[float, float]],
    seconds: float,
    every: float,
    tell: Callable[[Place], None],
) -> None:
    spent, due, count = 0.0, every, 0
    while spent < seconds:
        start = time.process_time()
        step()
        spent += time.process_time() - start
        count += 1
        if spent >= due or spent >= seconds:
            tell(Place(spent, count, *look()))
            due = spent + every * (1.0 if spent < 30 else 5.0)


def race(preset: str, seconds: float, every: float) -> dict[str, list[Place]]:
    """Both sides at once, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    sides = {"lab": (run_lab, (seconds, every)), "ours": (run_ours, (preset, seconds, every))}
    ends: dict[str, Connection] = {}
    for name, (work, arguments) in sides.items():
        ends[name], far = context.Pipe(duplex=False)
        context.Process(target=_work, args=(work, arguments, far)).start()
        far.close()
    return {name: list(_hear(end)) for name, end in ends.items()}


def _work(work: Callable[..., None], arguments: tuple[Any, ...], far: Connection) -> None:
    work(*arguments, lambda place: far.send_bytes(json.dumps(asdict(place)).encode()))
    far.close()


def _hear(end: Connection) -> Iterator[Place]:
    while True:
        try:
            yield Place(**json.loads(end.recv_bytes()))
        except EOFError:
            return


def seconds_to(places: Sequence[Place], loss: float) -> float | None:
    """Seconds of a core until a loss was passed, between two looks in a straight line."""
    before: Place | None = None
    for place in places:
        if place.loss <= loss:
            if before is None:
                return place.seconds
            share = (before.loss - loss) / (before.loss - place.loss)
            return before.seconds + share * (place.seconds - before.seconds)
        before = place
    return None


def at(places: Sequence[Place], seconds: float) -> Place | None:
    """The last look that was taken by then."""
    return next((place for place in reversed(places) if place.seconds <= seconds * 1.02), None)


def main() -> None:
    """Runs the race and prints who has what when."""
    parser = argparse.ArgumentParser(description="The lab's loop and ours, side by side.")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--every", type=float, default=1.0, help="Seconds between looks at first.")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = race(asked.preset, asked.seconds, asked.every)
    if asked.json:
        print(json.dumps({name: list(map(asdict, row)) for name, row in found.items()}, indent=1))
        return
    print(f"| seconds of a core | the lab's loop | {asked.preset} |\n|---|---|---|")
    for seconds in SHOWN_S:
        told = [at(found[name], seconds) for name in ("lab", "ours")]
        shown = [f"{one.loss:.3f} ({one.body_loss:.3f})" if one else "–" for one in told]
        print(f"| {seconds} | {' | '.join(shown)} |")
    taken = [seconds_to(found[name], LAB_BEST) for name in ("lab", "ours")]
    words = [f"{one:.1f} s" if one else "not reached" for one in taken]
    print(f"| to {LAB_BEST} | {' | '.join(words)} |")


if __name__ == "__main__":
    main()
