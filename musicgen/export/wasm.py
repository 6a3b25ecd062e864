"""The engine as WebAssembly, and a network as the file of numbers that it reads.

``native/engine.wasm`` is built from ``native/wasm.c`` by Zig's C compiler, which comes as the
package ``ziglang`` (``requirements-native.txt``); the built file is kept, so that nobody else
needs it::

    python -m musicgen.export.wasm
"""

import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np

from musicgen.errors import ExportError
from musicgen.export.c_source import engine_source, native_source, tables_source
from musicgen.export.native_model import Array, NativeModel

LANES = 8
ALIGNED = 16
MOST = {"embedding_dim": 2048, "hidden_size": 2048, "num_layers": 8}
"""The largest network that the engine has room for."""

ENGINE = "engine.wasm"

_FLAGS = (
    "-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory", "-std=c99", "-O3",
    "-nostdlib", "-fno-builtin", "-fno-sanitize=all", "-Wall", "-Wextra", "-Werror", "-g0",
    "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=65536",
)  # fmt: skip
_ARRAYS = ("characters", "rows", "row_scales", "output", "output_scales", "output_bias", "trust",
           "prompts", "prompt_counts")  # fmt: skip
_LAYER_ARRAYS = ("inputs", "recurrent", "input_scales", "recurrent_scales", "bias", "norm_scale",
                 "norm_shift")  # fmt: skip


def engine_wasm() -> bytes:
    """The engine as it is kept."""
    return files("musicgen.export").joinpath("native", ENGINE).read_bytes()


def build_engine_wasm() -> bytes:
    """The engine, compiled anew.

    Raises:
        ExportError: the compiler is not installed, or does not take the source.
    """
    with tempfile.TemporaryDirectory(prefix="musicgen-wasm-") as name:
        folder = Path(name)
        (folder / "engine.h").write_text(engine_source(), encoding="ascii")
        (folder / "tables.h").write_text(tables_source(), encoding="ascii")
        (folder / "wasm.c").write_text(native_source("wasm.c"), encoding="ascii")
        command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, "wasm.c", "-o", ENGINE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join(done.stderr.strip().splitlines()[:5])
            raise ExportError("The engine cannot be compiled: {reason}", reason=said)
        return (folder / ENGINE).read_bytes()


def network_file(model: NativeModel) -> bytes:
    """A network made with `LANES` lanes, as the engine reads it.

    Raises:
        ExportError: the engine has no room for it.
    """
    config = model.network.source.config
    if any(getattr(config, name) > most for name, most in MOST.items()):
        raise ExportError("The network is too large for a page.")
    prompts = b"".join(text.encode("ascii") + b"\0" for text in model.prompts)
    arrays = model.arrays | {
        "characters": np.frombuffer(model.characters, np.uint8),
        "prompts": np.frombuffer(prompts, np.uint8),
        "prompt_counts": np.array(list(model.prompts.values()), np.uint32),
    }
    count = len(model.fields) + 1 + len(_ARRAYS) + len(model.layers) * (len(_LAYER_ARRAYS) + 4)
    body = _Body(4 * count)
    numbers = [*model.fields.values(), len(model.prompts)]
    numbers += [body.add(arrays[name]) for name in _ARRAYS]
    for layer in model.layers:
        numbers += [
            body.add(layer.arrays[name]) if name in layer.arrays else 0 for name in _LAYER_ARRAYS
        ]
        epsilon = layer.norm.epsilon if layer.norm else 0
        limit = layer.norm.limit if layer.norm else 0
        numbers += [epsilon & 0xFFFFFFFF, epsilon >> 32, limit, layer.size]
    header = np.array([number & 0xFFFFFFFF for number in numbers], "<u4").tobytes()
    return header + bytes(body.data[len(header) :])


class _Body:
    """Arrays one behind the other, each at a place that a processor reads well."""

    def __init__(self, start: int) -> None:
        self.data = bytearray(start)

    def add(self, array: Array) -> int:
        """Where an array is put."""
        self.data += bytes(-len(self.data) % ALIGNED)
        place = len(self.data)
        self.data += array.astype(array.dtype.newbyteorder("<")).tobytes()
        return place


def main() -> None:
    """Compiles the engine and keeps it."""
    place = Path(__file__).parent / "native" / ENGINE
    place.write_bytes(build_engine_wasm())


if __name__ == "__main__":
    main()
