"""``python -m bench.cuda``: what a GPU brings, in at most eight minutes. Skips where there is none.

The lab's own loop beside ours, both on the device; steps of the larger presets, house among them;
the loss of a short training there and on the processor; and characters drawn freely at 1, 64 and
4,096 tunes at once, the network, the draw and the state all on the device.

``--device cpu`` does the same with small numbers on the processor: it tells nothing of speed.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from bench import lab
from bench.comparing import compare
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.errors import CorpusError
from musicgen.models.network import Network
from musicgen.models.registry import build_network
from musicgen.presets import Preset, get_preset
from musicgen.training.loop import trainer as trainer_module
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer

STEPS, WARM = 40, 5
LOSS_STEPS = 200
LENGTH = 200
"""Characters drawn of each tune."""


def main(device_name: str = "cuda") -> None:
    """Prints a line for each measurement, or why there is none."""
    device = torch.device(device_name)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("CUDA: there is no GPU here, or this build of torch knows none; nothing is measured")
        return
    is_trial = device.type == "cpu"
    if not is_trial:
        print(f"CUDA: {torch.cuda.get_device_name()}, torch {torch.__version__}")
    try:
        dataset = load_dataset("lab", Paths.default())
    except CorpusError as error:
        print(f"CUDA: nothing is measured: {error}")
        return
    for name in ("baseline", "improved"):
        _bench_step(name, dataset, device)
    for name in ("quick",) if is_trial else ("quick", "house"):
        _tell_steps(name, dataset, device, 4 if is_trial else STEPS)
    _tell_losses(dataset, device, 5 if is_trial else LOSS_STEPS)
    for count in (1, 4) if is_trial else (1, 64, 4_096):
        _tell_drawing(dataset, device, count, 10 if is_trial else LENGTH)


def _waiting(call: Callable[[], object], device: torch.device) -> Callable[[], None]:
    """The call, and then until the device has done it."""

    def run() -> None:
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return run


def _open(preset: Preset, dataset: Dataset, device: torch.device, precision: str) -> Trainer:
    """A trainer on a device."""
    preset = replace(preset, training=preset.training.replace(precision=precision, threads=0))
    known = trainer_module.choose_device
    trainer_module.choose_device = lambda: device  # type: ignore[attr-defined]
    try:
        fitted = fit_preset(preset, dataset.vocabulary)
        return Trainer(fitted, dataset.vocabulary, dataset.texts("train"), [])
    finally:
        trainer_module.choose_device = known  # type: ignore[attr-defined]


def _bench_step(name: str, dataset: Dataset, device: torch.device) -> None:
    preset = get_preset(name)
    config, shape = preset.training, preset.network
    ids = dataset.vocabulary.encode(dataset.train_text)
    theirs = lab.LabNetwork(
        len(dataset.vocabulary), shape.embedding_dim, shape.hidden_size, shape.num_layers
    ).to(device)
    optimizer = torch.optim.Adam(theirs.parameters(), lr=config.learning_rate)

    def lab_step() -> None:
        theirs.train()
        optimizer.zero_grad()
        inputs, targets = lab.get_batch(ids, config.seq_len, config.batch_size)
        logits, _ = theirs(inputs.to(device))
        wanted = targets.to(device).reshape(-1)
        torch.nn.functional.cross_entropy(logits.reshape(len(wanted), -1), wanted).backward()
        optimizer.step()

    for precision in ("float32", "auto"):
        ours = _open(preset, dataset, device, precision)
        compare(f"step on {device.type}, {name}, {precision}", _waiting(lab_step, device),
                _waiting(ours.train_step, device))  # fmt: skip


def _tell_steps(name: str, dataset: Dataset, device: torch.device, count: int) -> None:
    ours = _open(get_preset(name), dataset, device, "auto")
    step = _waiting(ours.train_step, device)
    for _ in range(WARM):
        step()
    start = time.perf_counter()
    for _ in range(count):
        step()
    step_s = (time.perf_counter() - start) / count
    config = ours.config
    rate = config.batch_size * config.seq_len * config.accumulate / step_s
    memory = torch.cuda.max_memory_allocated(device) / 1e6 if device.type == "cuda" else 0.0
    print(
        f"{name}: {1000 * step_s:.1f} ms a step, {rate:,.0f} characters a second; "
        f"{config.max_steps:,} steps in {config.max_steps * step_s / 60:.1f} minutes; "
        f"{memory:,.0f} MB",
        flush=True,
    )


def _tell_losses(dataset: Dataset, device: torch.device, count: int) -> None:
    """The same training here and there: what differs is rounding."""
    ends = []
    for where in (torch.device("cpu"), device):
        ours = _open(get_preset("quick"), dataset, where, "float32")
        losses = [ours.train_step().train_loss for _ in range(count)]
        ends.append(float(np.mean(losses[-max(1, count // 4) :])))
    off = abs(ends[1] / ends[0] - 1)
    print(f"quick, {count} steps: loss {ends[0]:.4f} on the processor, {ends[1]:.4f} on "
          f"{device.type}, {off:.2%} off", flush=True)  # fmt: skip


@torch.inference_mode()
def _tell_drawing(dataset: Dataset, device: torch.device, count: int, length: int) -> None:
    preset = fit_preset(get_preset("improved"), dataset.vocabulary)
    network: Network = build_network(preset.network, 1).to(device).eval()
    generator = torch.Generator(device).manual_seed(1)
    ids = torch.zeros((count, 1), dtype=torch.int64, device=device)
    drawn = torch.zeros((count, length), dtype=torch.int64, device=device)

    def draw_all() -> None:
        now, state = ids, network.init_state(count, device)
        for place in range(length):
            logits, state = network(now, state)
            probs = torch.softmax(logits[:, -1].float(), -1)
            now = torch.multinomial(probs, 1, generator=generator)
            drawn[:, place] = now[:, 0]

    run = _waiting(draw_all, device)
    run()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    print(
        f"improved, {count:,} tunes at once, drawn freely: {count * length / seconds:,.0f} "
        f"characters a second, {count * length / seconds / 300:,.1f} tunes of 300",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cuda")
    main(parser.parse_args().device)
