"""A network as one header in C99: weights, engine, drawing, everything.

The engine is ``native/engine.h``; around it come the tables and the numbers of the network. What is
written is compiled and compared with our own engine at once, where there is a C compiler.
"""

import logging
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np

from musicgen.config import SampleConfig
from musicgen.export.c_check import compare_text, find_compiler
from musicgen.export.formats import Agreement, require_agreement
from musicgen.export.native_model import Array, NativeLayer, NativeModel, lines_of, make_native
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.fixed_point import bend_table
from musicgen.sampling.fixed_point_draw import exp2_table, sharpness
from musicgen.storage import write_file

LANES = 4
CHECKED_SEEDS = 6
"""Tunes that are compared before a header is kept."""

_LOG = logging.getLogger(__name__)
_TYPES = {"int8": "int8_t", "int32": "int32_t", "uint32": "uint32_t", "uint16": "uint16_t",
          "uint8": "uint8_t"}  # fmt: skip


def write_c(checkpoint: Checkpoint, path: Path) -> list[Agreement]:
    """Writes the header of a checkpoint, once its text is that of our engine.

    Without a C compiler nothing can be compared; then it is written all the same, and a warning
    says so.

    Raises:
        ExportError: the network cannot be written so, or the program composes something else.
        StorageError: the file cannot be written.
    """
    text = c_header(checkpoint)
    agreements: list[Agreement] = []
    if find_compiler():
        agreements = compare_text(text, checkpoint, range(CHECKED_SEEDS))
        require_agreement("C", agreements)
    else:
        _LOG.warning(
            "There is no C compiler (gcc or cc) here: the header was written without a comparison."
        )
    write_file(path, text.encode("ascii"))
    return agreements


def c_header(checkpoint: Checkpoint) -> str:
    """The header of a checkpoint.

    Raises:
        ExportError: the network cannot be written so.
    """
    model = make_native(checkpoint, LANES)
    return "\n".join(
        [
            _preface(checkpoint, model),
            *_limits(model),
            tables_source(),
            engine_source(),
            *_arrays(model),
            *_structs(model),
            native_source("main.h"),
            "#endif",
            "",
        ]
    )


def native_source(name: str) -> str:
    """A file of the engine."""
    return files("musicgen.export").joinpath("native", name).read_text(encoding="ascii")


def engine_source() -> str:
    """The engine."""
    return native_source("engine.h")


def tables_source() -> str:
    """The tables of tanh and of powers of 2 that the engine needs."""
    bend, powers = bend_table().astype(np.uint16), exp2_table().astype(np.uint32)
    return "\n".join(
        [
            "#include <stdint.h>",
            "",
            "/* tanh(z / 2) in Q15 at z = 0, 1/32, ... 16. */",
            *_array("bend_table", bend, 16),
            "/* 2**-x in Q24 at x = 0, 1/256, ... 1. */",
            *_array("exp2_table", powers, 10),
            "",
        ]
    )


def _preface(checkpoint: Checkpoint, model: NativeModel) -> str:
    config = checkpoint.metadata.network
    name = _ascii(checkpoint.name)
    return f"""\
/* {name}: a network that composes folk tunes, and all that it needs, in whole numbers.
 *
 * Written by musicgen; model {name}, fingerprint {checkpoint.fingerprint}, licence {
        _ascii(checkpoint.metadata.license)
    }.
 * {config.num_layers} x {config.hidden_size} cells, {model.network.size_bytes:,} weights of 8 bits.
 *
 * As a program:  gcc -std=c99 -O2 -DMUSICGEN_MAIN -x c THIS_FILE -o compose
 *                ./compose 7          the tune of seed 7
 *                ./compose 7 80 3     three tunes from that seed on, at temperature 0.80
 * In your own:   #include it in one file, and
 *
 *     static mg_state state;
 *     int letter;
 *     mg_begin(&mg_network, &state, seed, MG_SHARPNESS, 1500, 0);
 *     while ((letter = mg_next(&mg_network, &state)) >= 0) putchar(letter);
 *
 * The same seed gives the text of: musicgen compose --fixed --free --seed SEED
 */
#ifndef MUSICGEN_NETWORK_H
#define MUSICGEN_NETWORK_H
"""


def _limits(model: NativeModel) -> Iterator[str]:
    fields = model.fields
    limits = {
        "MG_MAX_CHARACTERS": fields["vocabulary"],
        "MG_MAX_WIDTH": fields["width"],
        "MG_MAX_HIDDEN": fields["hidden"],
        "MG_MAX_LAYERS": fields["layers"],
        "MG_LANES": LANES,
        "MG_SHARPNESS": sharpness(SampleConfig().temperature),
    }
    for name, value in limits.items():
        yield f"#define {name} {value}"
    yield ""


def _arrays(model: NativeModel) -> Iterator[str]:
    for name, array in model.arrays.items():
        yield from _array(name, array)
    for number, layer in enumerate(model.layers):
        for name, array in layer.arrays.items():
            yield from _array(f"{name}_{number}", array)
    yield from _array("characters", np.frombuffer(model.characters, np.uint8))
    prompts = b"".join(text.encode("ascii") + b"\0" for text in model.prompts)
    yield from _array("prompts", np.frombuffer(prompts, np.uint8))
    yield from _array("prompt_counts", np.array(list(model.prompts.values()), np.uint32))


def _array(name: str, array: Array, per_line: int = 24) -> Iterator[str]:
    yield f"static const {_TYPES[array.dtype.name]} mg_{name}[{array.size}] = {{"
    mark = "u" if array.dtype.name.startswith("u") else ""
    lines = list(lines_of(array, per_line))
    for number, line in enumerate(lines):
        comma = "," if number + 1 < len(lines) else ""
        yield (line.replace(",", mark + ",") if mark else line) + mark + comma
    yield "};"


def _structs(model: NativeModel) -> Iterator[str]:
    fields = model.fields
    yield f"static const mg_layer mg_layers[{len(model.layers)}] = {{"
    yield ",\n".join(_layer(number, layer) for number, layer in enumerate(model.layers))
    yield "};"
    yield "static const mg_model mg_network = {"
    yield "    " + ", ".join(map(str, fields.values())) + ","
    yield "    mg_characters, mg_rows, mg_row_scales, mg_layers, mg_output, mg_output_scales,"
    yield f"    mg_output_bias, mg_trust, mg_prompts, mg_prompt_counts, {len(model.prompts)}"
    yield "};"
    yield ""


def _layer(number: int, layer: NativeLayer) -> str:
    def name(part: str) -> str:
        return f"mg_{part}_{number}" if part in layer.arrays else "0"

    parts = ["inputs", "recurrent", "input_scales", "recurrent_scales", "bias", "norm_scale",
             "norm_shift"]  # fmt: skip
    norm = layer.norm
    rest = [norm.epsilon if norm else 0, norm.limit if norm else 0, layer.size]
    return "    {" + ", ".join([*map(name, parts), *map(str, rest)]) + "}"


def _ascii(text: str) -> str:
    """A name that cannot end the comment it is in."""
    return re.sub(r"[^\w .()-]", "_", text, flags=re.ASCII)
