"""Compiles a header and compares what it composes with our engine, character by character."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from musicgen.config import SampleConfig
from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import ExportError
from musicgen.export.formats import CHARACTERS_COMPOSED, Agreement
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import Engine, build_engine
from musicgen.sampling.fixed_point_draw import sharpness

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
MAX_NEW_TOKENS = 1500

_COMPILE_S = 600
_RUN_S = 3600

CHECK_PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
#include "model.h"

/* Of each seed the text and a 0. */
int main(int count, char **arguments) {
    static mg_state state;
    int at;
    for (at = 3; at < count; at++) {
        int letter;
        mg_begin(&mg_network, &state, (uint32_t)strtoul(arguments[at], 0, 10),
                 (int32_t)strtol(arguments[1], 0, 10), (int32_t)strtol(arguments[2], 0, 10), 0);
        while ((letter = mg_next(&mg_network, &state)) >= 0) putchar(letter);
        putchar(0);
    }
    return 0;
}
"""


def find_compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return shutil.which("gcc") or shutil.which("cc")


def compare_text(
    header: str,
    checkpoint: Checkpoint,
    seeds: Iterable[int],
    temperature: float = 0.8,
    flags: Sequence[str] = ("-O2",),
    most: int = MAX_NEW_TOKENS,
) -> list[Agreement]:
    """Composes with the header and with our engine, and compares the texts.

    Args:
        header: What `c_source.c_header` wrote of the checkpoint.
        checkpoint: The network.
        seeds: Of the tunes to compose.
        temperature: Of the drawing.
        flags: For the compiler, besides `STRICT`.
        most: Characters to draw of each tune.

    Raises:
        ExportError: there is no compiler, or it does not take the header.
    """
    numbers = list(seeds)
    with tempfile.TemporaryDirectory(prefix="musicgen-c-") as folder:
        program = compile_header(header, Path(folder), flags)
        found = run_seeds(program, numbers, temperature, most)
    expected = compose_fixed(checkpoint, numbers, temperature, most)
    wrong = count_wrong(found, expected)
    return [Agreement(CHARACTERS_COMPOSED, sum(map(len, expected)), len(numbers), wrong, 0.0)]


def compile_header(header: str, folder: Path, flags: Sequence[str]) -> Path:
    """The program of a header, which composes the seeds of its arguments.

    Raises:
        ExportError: there is no compiler, or it does not take the header.
    """
    compiler = find_compiler()
    if compiler is None:
        raise ExportError("There is no C compiler (gcc or cc) on this machine.")
    (folder / "model.h").write_text(header, encoding="ascii")
    (folder / "check.c").write_text(CHECK_PROGRAM, encoding="ascii")
    command = [compiler, *STRICT, *flags, "check.c", "-o", "check"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_COMPILE_S, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ExportError("The C compiler does not take the header: {reason}", reason=said[:300])
    return folder / "check"


def run_seeds(
    program: Path, seeds: Sequence[int], temperature: float = 0.8, most: int = MAX_NEW_TOKENS
) -> list[str]:
    """The texts that a compiled program composes.

    Raises:
        ExportError: it did not run to its end.
    """
    arguments = [str(sharpness(temperature)), str(most), *map(str, seeds)]
    done = subprocess.run(
        [str(program), *arguments], capture_output=True, timeout=_RUN_S, check=False
    )
    if done.returncode:
        said = (done.stderr.decode(errors="replace").strip().splitlines() or [""])[0]
        raise ExportError("The program in C stopped: {reason}", reason=said[:300])
    texts = [text.decode("ascii") for text in done.stdout.split(b"\0")[:-1]]
    return [text if text.endswith(SEPARATOR) else text.rstrip("\n") for text in texts]


def compose_fixed(
    checkpoint: Checkpoint,
    seeds: Sequence[int],
    temperature: float = 0.8,
    most: int = MAX_NEW_TOKENS,
    engine: Engine | None = None,
) -> list[str]:
    """What our own engine writes of each seed: with a blank line at the end if it came to one."""
    engine = engine or build_engine(checkpoint, "fixed")
    texts: list[str] = []
    for first, count in _stretches(seeds):
        config = SampleConfig(
            seed=first, count=count, temperature=temperature, free=True, precision="fixed",
            max_new_tokens=most,
        )  # fmt: skip
        tunes = compose(checkpoint, config, engine=engine)
        texts += [one.abc + "\n" if one.is_complete else one.abc[:-1] for one in tunes]
    return texts


def count_wrong(found: Sequence[str], expected: Sequence[str]) -> int:
    """Characters from the first difference of each text on."""
    pairs = zip(found, expected, strict=True)
    return sum(max(len(one), len(other)) - _common(one, other) for one, other in pairs)


def _stretches(seeds: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of seeds that follow one another: the first of each, and how many."""
    found: list[tuple[int, int]] = []
    for seed in seeds:
        if found and found[-1][0] + found[-1][1] == seed and found[-1][1] < 1000:
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((seed, 1))
    return found


def _common(one: str, other: str) -> int:
    """How many characters are the same from the beginning on."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
