"""Runs the scripts of a page in Node, and compares what they compose with our engine."""

import json
import subprocess
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from musicgen.config import Paths
from musicgen.engraving.engraver import node_commands
from musicgen.errors import ExportError
from musicgen.export.c_check import MAX_NEW_TOKENS, compose_fixed, count_wrong
from musicgen.export.formats import CHARACTERS_COMPOSED, Agreement
from musicgen.models.checkpoint import Checkpoint

_RUN_S = 3600


def find_node() -> tuple[str, ...] | None:
    """The beginning of a command that runs Node, if there is one."""
    return next(iter(node_commands(Paths.default())), None)


def compare_page(
    page: str, checkpoint: Checkpoint, seeds: Sequence[int], temperature: float = 0.8
) -> list[Agreement]:
    """Composes with the scripts of a page and with our engine, and compares the texts.

    Raises:
        ExportError: there is no Node, or the scripts fail.
    """
    request = {"task": "write", "seeds": list(seeds), "temperature": temperature}
    found: list[str] = run_page(page, request)
    expected = compose_fixed(checkpoint, list(seeds), temperature, MAX_NEW_TOKENS)
    wrong = count_wrong(found, expected)
    return [Agreement(CHARACTERS_COMPOSED, sum(map(len, expected)), len(seeds), wrong, 0.0)]


def run_page(page: str, request: dict[str, Any]) -> Any:
    """What the scripts of a page answer: see ``page/check.mjs``.

    Raises:
        ExportError: there is no Node, or the scripts fail.
    """
    node = find_node()
    if node is None:
        raise ExportError("There is no Node on this machine to run the page.")
    with as_file(files("musicgen.export").joinpath("page", "check.mjs")) as script:
        done = subprocess.run(
            [node[0], str(Path(script))],
            input=json.dumps(request | {"page": page}).encode(),
            capture_output=True,
            timeout=_RUN_S,
            check=False,
        )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [""]
        said = next((line for line in lines if "Error" in line), lines[0])
        raise ExportError("The scripts of the page stopped: {reason}", reason=said[:300])
    return json.loads(done.stdout)
