"""A network as one HTML file that composes, engraves and plays, from disk and without a network.

The parts are in ``page/``; the network is packed into the file, the engine is
``native/engine.wasm``, and abcjs comes from what set-up fetched. A policy in the file forbids
every connection and every script but its own. What is written composes the same text as our
engine: Node runs the file's own scripts before it is kept.
"""

import base64
import hashlib
import json
import logging
import re
import zlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from musicgen.config import Paths
from musicgen.errors import ExportError
from musicgen.export.formats import Agreement, require_agreement
from musicgen.export.native_model import NativeModel, make_native
from musicgen.export.page_check import compare_page, find_node
from musicgen.export.wasm import LANES, engine_wasm, network_file
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.titles import title_words
from musicgen.storage import write_file
from musicgen.version import __version__

CHECKED_SEEDS = 4
"""Tunes that are compared before a page is kept."""

_LOG = logging.getLogger(__name__)
_PLACE = re.compile(r"\{\{ (\w+) \}\}")
_LIBRARY = ("reader.js", "sound.js")


def write_html(checkpoint: Checkpoint, path: Path) -> list[Agreement]:
    """Writes the page of a checkpoint, once it composes what our engine composes.

    Without Node nothing can be compared; then it is written all the same, and a warning says so.

    Raises:
        ExportError: the network cannot be written so, or the page composes something else.
        StorageError: the file cannot be written.
    """
    page = html_page(checkpoint, Paths.default())
    agreements: list[Agreement] = []
    if find_node():
        agreements = compare_page(page, checkpoint, range(CHECKED_SEEDS))
        require_agreement("HTML", agreements)
    else:
        _LOG.warning("There is no Node here: the page was written without a comparison.")
    write_file(path, page.encode("utf-8"))
    return agreements


def html_page(checkpoint: Checkpoint, paths: Paths) -> str:
    """The page of a checkpoint.

    Raises:
        ExportError: the network cannot be written so, or abcjs is missing.
    """
    model = make_native(checkpoint, LANES)
    scripts = {"abcjs": _read_abcjs(paths), "app": _join(*_LIBRARY, "app.js")}
    values = scripts | {
        "name": escape(checkpoint.name),
        "version": __version__,
        "css": part("page.css"),
        "words": _data(json.loads(part("words.json"))),
        "about": _data(describe_model(checkpoint, model)),
        "engine": pack(engine_wasm()),
        "network": pack(network_file(model)),
        "model": pack(json.dumps(_composing_facts(checkpoint)).encode()),
        "worker": _join(*_LIBRARY, "engine.js", "worker.js"),
        "policy": _policy(scripts),
    }
    return _PLACE.sub(lambda place: values[place[1]], part("page.html"))


def part(name: str) -> str:
    """A file of the page."""
    return files("musicgen.export").joinpath("page", name).read_text(encoding="utf-8")


def pack(data: bytes) -> str:
    """Data as text, packed as browsers can unpack (RFC 1951)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(data) + packer.flush()).decode("ascii")


def describe_model(checkpoint: Checkpoint, model: NativeModel) -> dict[str, str]:
    """What the page says of its model."""
    config = checkpoint.metadata.network
    return {
        "name": checkpoint.name,
        "fingerprint": checkpoint.fingerprint,
        "license": checkpoint.metadata.license,
        "cells": f"{config.num_layers} × {config.hidden_size}",
        "weights": f"{model.network.size_bytes:,}",
    }


def escape(text: str) -> str:
    """A text in HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _composing_facts(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "name": checkpoint.name,
        "fingerprint": checkpoint.fingerprint,
        "isDescribed": checkpoint.metadata.training.described,
        "titles": title_words(checkpoint.metadata),
    }


def _data(value: Any) -> str:
    """JSON that cannot end the element it is in."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _join(*names: str) -> str:
    text = "\n".join(part(name) for name in names)
    if "</script" in text.lower():
        raise ExportError("A part of the page would end its own script.")
    return text


def _read_abcjs(paths: Paths) -> str:
    try:
        text = paths.abcjs.read_text(encoding="utf-8")
        licence = paths.abcjs.with_name(paths.abcjs.name + ".LICENSE").read_text(encoding="utf-8")
    except OSError as error:
        raise ExportError(
            "The page needs abcjs, which draws its sheet music. Fetch it with: python -m "
            "musicgen.installation abcjs"
        ) from error
    told = licence.strip("/*! \n")
    return f"/*\n{told}\n*/\n{text}".replace("</script", "<\\/script")


def _policy(scripts: Mapping[str, str]) -> str:
    """Allows the page's own scripts, known by their hashes, and nothing else."""
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts.values())
    return (
        f"default-src 'none'; script-src {hashes} 'wasm-unsafe-eval'; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data:; connect-src 'none'; form-action 'none'; "
        "base-uri 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
