"""Machines without FluidSynth's library, or with a damaged one, in a process of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ctypes.util
find = ctypes.util.find_library
ctypes.util.find_library = lambda name: {library!r} if "fluidsynth" in name else find(name)
from musicgen.audio.midi import to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.notation.parsing.reader import read_tune
tune, _ = read_tune("X:1\\nK:D\\nL:1/4\\nDFAd|]")
rendering = synthesize(to_midi(tune))
print(rendering.synthesizer, abs(rendering.waveform).max() > 0.1)
"""


@pytest.mark.parametrize("library", ["missing", "damaged"])
def test_the_plucked_string_plays(library: str, tmp_path: Path) -> None:
    damaged = tmp_path / "libfluidsynth.so.3"
    damaged.write_bytes(b"")
    program = PROGRAM.format(library=str(damaged) if library == "damaged" else None)
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.split()[-2:] == ["plucked", "True"]
