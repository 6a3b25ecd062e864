"""What the machine can compute with: device, precision and number of threads."""

import os

import torch

from musicgen.config import TrainingConfig


def choose_device() -> torch.device:
    """CUDA where there is one, else the processor.

    Of several GPUs each process of a group takes the one that ``LOCAL_RANK`` counts to.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    rank = os.environ.get("LOCAL_RANK", "")
    if rank.isdecimal():
        return torch.device("cuda", int(rank) % torch.cuda.device_count())
    return torch.device("cuda")


def choose_precision(setting: str, device: torch.device) -> torch.dtype:
    """The type of matrix products; ``auto`` takes bfloat16 only where the hardware computes it."""
    if setting == "float32" or (setting == "auto" and not has_bfloat16(device)):
        return torch.float32
    return torch.bfloat16


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 products run in hardware (AVX-512 BF16 or AMX; on CUDA Ampere or newer)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())


def set_threads(config: TrainingConfig) -> int:
    """Sets torch's threads as the settings say and returns their number.

    0 in the settings leaves one core to the screen and the sound, or takes as many as a cluster
    gives its workers by ``OMP_NUM_THREADS``.
    """
    given = os.environ.get("OMP_NUM_THREADS", "")
    free = max(1, (os.cpu_count() or 1) - 1)
    threads = config.threads or (min(free, int(given)) if given.isdigit() and int(given) else free)
    torch.set_num_threads(threads)
    return threads
