"""Compares the program in C with our engine, seed by seed: `python -m bench.fixed_point`.

The program is compiled with the address and undefined-behaviour sanitizers, and every text has to
be the same to the last character.
"""

import argparse
import tempfile
import time
from pathlib import Path

from musicgen.config import Paths
from musicgen.export.c_check import SANITIZERS, compile_header, compose_fixed, run_seeds
from musicgen.export.c_source import c_header
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.sampling.engine import build_engine

_AT_ONCE = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", default="house")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--plain", action="store_true", help="Without sanitizers.")
    options = parser.parse_args()
    checkpoint = load_checkpoint(find_checkpoint(options.checkpoint, Paths.default()).path)
    flags = ("-O2",) if options.plain else ("-O2", *SANITIZERS)
    print(f"{options.checkpoint}: {options.seeds} seeds, gcc {' '.join(flags)}")
    engine = build_engine(checkpoint, "fixed")
    equal = characters = complete = 0
    c_s = python_s = 0.0
    with tempfile.TemporaryDirectory(prefix="musicgen-bench-") as folder:
        program = compile_header(c_header(checkpoint), Path(folder), flags)
        for first in range(options.first, options.first + options.seeds, _AT_ONCE):
            last = min(first + _AT_ONCE, options.first + options.seeds)
            seeds = list(range(first, last))
            start = time.perf_counter()
            found = run_seeds(program, seeds, options.temperature)
            c_s += time.perf_counter() - start
            start = time.perf_counter()
            expected = compose_fixed(checkpoint, seeds, options.temperature, engine=engine)
            python_s += time.perf_counter() - start
            equal += sum(one == other for one, other in zip(found, expected, strict=True))
            complete += sum(text.endswith("\n\n") for text in found)
            characters += sum(map(len, found))
            print(f"{equal:,} of {last - options.first:,} equal", flush=True)
    print(f"{characters:,} characters, {complete:,} tunes end by themselves")
    print(
        f"C {c_s / characters * 1e6:.0f} us a character, Python {python_s / characters * 1e6:.0f}"
    )


if __name__ == "__main__":
    main()
