"""A header in C on a microcontroller: built for a Cortex-M4, run in QEMU, measured.

The machine is the AN386 of Arm's MPS2 board. The programs are Debian's ``gcc-arm-none-eabi`` and
``qemu-system-arm``; where they are missing, that is a sentence. QEMU counts instructions, not
cycles: what a cycle is worth depends on the memory of the chip.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import ExportError
from musicgen.export.c_check import STRICT, compose_fixed, count_wrong
from musicgen.export.c_source import c_header
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.fixed_point_draw import sharpness

COMPILER, SIZE, EMULATOR = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm"
MOST_CHARACTERS = 400

_FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-O2", "-ffreestanding",
          "-ffunction-sections", "-fdata-sections", "-nostartfiles", "-Wl,--gc-sections",
          "-Wl,-T,chip.ld", "-Wl,--no-warn-rwx-segments")  # fmt: skip
_MACHINE = ("-M", "mps2-an386", "-cpu", "cortex-m4", "-icount", "shift=0", "-nographic",
            "-monitor", "none", "-serial", "none", "-chardev", "file,id=out,path=out.bin",
            "-semihosting-config", "enable=on,target=native,chardev=out")  # fmt: skip
_BUILD_S, _RUN_S = 600, 1800


@dataclass(frozen=True, slots=True)
class ChipReport:
    """What a network takes on a Cortex-M4.

    Attributes:
        flash_bytes: Program and weights.
        ram_bytes: All that changes, the stack that was used included.
        instructions: For each character, those of the header included.
        characters: That were composed.
        tunes: That were composed.
        wrong: Characters that our engine writes otherwise.
    """

    flash_bytes: int
    ram_bytes: int
    instructions: int
    characters: int
    tunes: int
    wrong: int


def missing_tools() -> list[str]:
    """The programs that this machine lacks."""
    return [name for name in (COMPILER, SIZE, EMULATOR) if not shutil.which(name)]


def measure_chip(
    checkpoint: Checkpoint,
    seeds: Sequence[int],
    temperature: float = 0.8,
    most: int = MOST_CHARACTERS,
) -> ChipReport:
    """Builds a network for the chip, composes there, and compares with our engine.

    Args:
        checkpoint: The network.
        seeds: Of the tunes.
        temperature: Of the drawing.
        most: Characters to draw of each tune.

    Raises:
        ExportError: a program is missing, the chip has no room for the network, or it stops.
    """
    if missing := missing_tools():
        raise ExportError(
            "To try a chip, {names} must be installed. On Debian: apt install gcc-arm-none-eabi "
            "libnewlib-arm-none-eabi qemu-system-arm",
            names=", ".join(missing),
        )
    with tempfile.TemporaryDirectory(prefix="musicgen-chip-") as name:
        folder = Path(name)
        _build(checkpoint, folder, seeds, temperature, most)
        flash, ram = _sizes(folder)
        texts, figures = _run(folder)
    expected = compose_fixed(checkpoint, seeds, temperature, most)
    instructions, characters, stack = figures
    return ChipReport(
        flash, ram + stack, round(instructions / characters), characters, len(texts),
        count_wrong(texts, expected),
    )  # fmt: skip


def _build(
    checkpoint: Checkpoint, folder: Path, seeds: Sequence[int], temperature: float, most: int
) -> None:
    (folder / "model.h").write_text(c_header(checkpoint), encoding="ascii")
    for name in ("chip.c", "chip.ld"):
        text = files("musicgen.export").joinpath("native", name).read_text(encoding="ascii")
        (folder / name).write_text(text, encoding="ascii")
    given = (f"-DSEEDS={','.join(map(str, seeds))}", f"-DSHARPNESS={sharpness(temperature)}",
             f"-DMOST={most}")  # fmt: skip
    command = [COMPILER, *STRICT, *_FLAGS, *given, "chip.c", "-o", "chip.elf"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_BUILD_S, check=False
    )
    if "overflowed" in done.stderr:
        raise ExportError("The chip has no room for this network: it has 4 MB for the program.")
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ExportError("The C compiler does not take the header: {reason}", reason=said[:300])


def _sizes(folder: Path) -> tuple[int, int]:
    """Bytes of program and constants, and of what changes."""
    done = subprocess.run(
        [SIZE, "chip.elf"], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    text, data, zeros = map(int, done.stdout.splitlines()[1].split()[:3])
    return text + data, data + zeros


def _run(folder: Path) -> tuple[list[str], tuple[int, int, int]]:
    """Texts; instructions, characters and bytes of stack."""
    command = [EMULATOR, *_MACHINE, "-kernel", "chip.elf"]
    try:
        subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_RUN_S,
            check=False,
        )  # fmt: skip
        *texts, line = (folder / "out.bin").read_bytes().decode("ascii").split("\0")
        instructions, characters, stack = map(int, line.split())
    except (subprocess.TimeoutExpired, OSError, ValueError) as error:
        raise ExportError("The program stopped on the chip.") from error
    found = [text if text.endswith(SEPARATOR) else text.rstrip("\n") for text in texts]
    return found, (instructions, characters, stack)
