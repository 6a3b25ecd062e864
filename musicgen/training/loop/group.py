"""Processes that train one network together: each reads some lanes of every batch.

The gradients of all are averaged before each step (synchronous data parallelism; Li and others
2020, "PyTorch Distributed"), by `torch.distributed`: gloo on processors, nccl between GPUs. One
process *leads*: it alone has a folder, a screen and a person who may stop it. The others do what it
announces. Nothing travels but tensors.

Shapes: B lanes of the whole batch.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import IntEnum

import torch
import torch.distributed as dist

from musicgen.config import TrainingConfig
from musicgen.errors import ConfigError, ProcessLost

_NAMES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What `torchrun` and its like tell each process."""

_PATIENCE = timedelta(hours=2)
"""How long one waits for the others: the leader may be composing, or saving on a slow disk."""


class Order(IntEnum):
    """What the leader announces."""

    END = 0
    STEP = 1
    LOOK = 2
    GATHER = 3


class Group:
    """One process alone, with all lanes; `ProcessGroup` is several."""

    rank = 0
    size = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that leads."""
        return self.rank == 0

    def lanes(self, batch_size: int) -> tuple[int, int]:
        """The first lane of this process and the one after its last."""
        share = batch_size // self.size
        return self.rank * share, (self.rank + 1) * share

    def announce(self, order: Order) -> None:
        """Tells the others what comes next; one that does not lead has been told already."""

    def hear(self) -> Order:
        """Waits for what the leader announces."""
        return Order.END

    def average(self, tensors: Sequence[torch.Tensor]) -> None:
        """Puts the mean over all processes into each of them."""

    def add_up(self, values: Sequence[float]) -> list[float]:
        """The sums over all processes."""
        return list(values)

    def gather_lanes(self, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Tensors (·, B, ...) from the parts (·, B / size, ...) that the processes have."""
        return list(tensors)

    def send(self, content: bytes) -> None:
        """Hands bytes to all others."""

    def receive(self) -> bytes:
        """What the leader sends; nothing where it has given up."""
        return b""

    def dismiss(self) -> None:
        """Lets the others go, whatever they wait for, where the leader cannot go on."""


ALONE = Group()


class ProcessGroup(Group):
    """Several processes, which `torch.distributed` connects.

    Args:
        device: Where tensors travel from and to, beside the processor's memory.

    Raises:
        ProcessLost: by each method, where another process has ended or cannot be reached.
    """

    def __init__(self, device: torch.device) -> None:
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        if device.type == "cuda":
            torch.cuda.set_device(device)
        with _losing():
            dist.init_process_group(backend, timeout=_PATIENCE)
        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    def announce(self, order: Order) -> None:
        """As of `Group`."""
        if self.leads:
            self._share(torch.tensor([int(order)]))

    def hear(self) -> Order:
        """As of `Group`."""
        return Order(int(self._share(torch.zeros(1, dtype=torch.int64))))

    def average(self, tensors: Sequence[torch.Tensor]) -> None:
        """As of `Group`; all in one message, in float32."""
        flat = torch.cat([tensor.detach().flatten().float() for tensor in tensors])
        with _losing():
            dist.all_reduce(flat)
        parts = torch.split(flat / self.size, [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.detach().copy_(part.view_as(tensor))

    def add_up(self, values: Sequence[float]) -> list[float]:
        """As of `Group`."""
        sums = torch.tensor(values, dtype=torch.float64)
        with _losing():
            dist.all_reduce(sums)
        return [float(value) for value in sums]

    def gather_lanes(self, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """As of `Group`."""
        whole = []
        for tensor in tensors:
            own = tensor.detach().cpu().contiguous()
            parts = [torch.empty_like(own) for _ in range(self.size)]
            sent = [_as_bytes(part) for part in parts]
            with _losing():
                dist.all_gather(sent, _as_bytes(own))
            whole.append(torch.cat(parts, dim=1))
        return whole

    def send(self, content: bytes) -> None:
        """As of `Group`."""
        self._share(torch.tensor([len(content)]))
        if content:
            self._share(torch.frombuffer(bytearray(content), dtype=torch.uint8))

    def receive(self) -> bytes:
        """As of `Group`."""
        count = int(self._share(torch.zeros(1, dtype=torch.int64)))
        if not count:
            return b""
        return self._share(torch.zeros(count, dtype=torch.uint8)).numpy().tobytes()

    def dismiss(self) -> None:
        """As of `Group`: what they are sent, or told next, is a zero, and that is the end."""
        with contextlib.suppress(ProcessLost):
            self.announce(Order.END)

    def _share(self, tensor: torch.Tensor) -> torch.Tensor:
        """The leader's tensor, in all processes."""
        with _losing():
            dist.broadcast(tensor, src=0)
        return tensor


@contextlib.contextmanager
def opening_group(device: torch.device) -> Iterator[Group]:
    """The group that this process was started in, by `torchrun` or ``train --processes``.

    When it closes, those who wait for the leader are told that it is over.

    Raises:
        ProcessLost: the others cannot be reached.
    """
    if not is_in_group():
        yield ALONE
        return
    group = ProcessGroup(device)
    try:
        yield group
    finally:
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def is_in_group() -> bool:
    """Whether this process was started as one of several."""
    size = os.environ.get("WORLD_SIZE", "")
    return size.isdecimal() and int(size) > 1 and all(name in os.environ for name in _NAMES)


def require_shareable(config: TrainingConfig, size: int) -> None:
    """Makes sure that a training can be shared by so many processes.

    Raises:
        ConfigError: its batch has no equal parts, or it learns from more than its batches' text.
    """
    if size == 1:
        return
    if config.batch_size % size:
        raise ConfigError(
            "{count} processes cannot share batches of {batch} equally. Choose a batch_size that "
            "is a multiple of {count}.",
            count=size,
            batch=config.batch_size,
        )
    further = [
        name
        for name in ("teacher", "multi_task", "adversary", "preferences")
        if getattr(config, name)
    ]
    if further:
        raise ConfigError(
            "A training with {setting} runs in one process: leave --processes away, or the "
            "setting.",
            setting=further[0],
        )


@contextlib.contextmanager
def _losing() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError) as error:  # torch's own errors are of these kinds
        raise ProcessLost(
            "A process of this training was lost. Go on from the last save with --resume."
        ) from error


def _as_bytes(tensor: torch.Tensor) -> torch.Tensor:
    """The same memory as bytes: gloo does not know every type."""
    return tensor.view(-1).view(torch.uint8)
