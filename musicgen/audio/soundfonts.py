"""Where soundfonts are: the files of recorded instruments that FluidSynth plays.

None comes with this project. Wanted are banks of the whole General MIDI set; the better one wins.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

logger = logging.getLogger(__name__)

PREFERRED = (
    "musescore_general",
    "ms_basic",
    "ms basic",
    "fluidr3_gm",
    "fluidr3gm",
    "fluidr3mono",
    "generaluser",
    "arachno",
    "sgm-v2",
    "airfont",
    "opl-3",
    "default-gm",
    "default",
    "timgm6mb",
)
"""How the names of known General MIDI banks begin, in lower case, best sound first."""

_SUFFIXES = (".sf2", ".sf3")
_LINUX = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/usr/local/share/soundfonts",
    "/run/current-system/sw/share/soundfonts",
    "~/.local/share/soundfonts",
    "~/.local/share/sounds/sf2",
)
_MACOS = (
    "~/Library/Audio/Sounds/Banks",
    "/Library/Audio/Sounds/Banks",
    "/opt/homebrew/share/soundfonts",
    "/opt/homebrew/share/fluid-synth/sf2",
    "/usr/local/share/soundfonts",
    "/usr/local/share/fluid-synth/sf2",
    "/opt/local/share/sounds/sf2",
    "/Applications/MuseScore 4.app/Contents/Resources/sound",
)
_WINDOWS = (
    r"%USERPROFILE%\Documents\SoundFonts",
    r"%LOCALAPPDATA%\SoundFonts",
    r"%PROGRAMDATA%\soundfonts",
    r"%PROGRAMFILES%\MuseScore 4\sound",
    r"C:\soundfonts",
    r"C:\tools\fluidsynth\share\soundfonts",
)


def find_soundfonts(environment: Mapping[str, str] | None = None) -> list[Path]:
    """All usable soundfonts, best first; each file once, links followed.

    First the file that the environment variable ``SOUNDFONT`` names, then the banks in the usual
    folders of the system, last the small one that comes with pretty_midi.

    Args:
        environment: variables to look at; those of the process if None.
    """
    environment = os.environ if environment is None else environment
    candidates = [*_chosen(environment), *_installed(system_folders()), *_bundled()]
    return list(dict.fromkeys(path.resolve() for path in candidates))


def is_soundfont(path: Path) -> bool:
    """Whether a file begins as soundfonts do; FluidSynth is noisy about those that do not."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"


def system_folders(platform: str = sys.platform) -> list[Path]:
    """The usual folders of an operating system, whether they exist or not."""
    names = {"darwin": _MACOS, "win32": _WINDOWS}.get(platform, _LINUX)
    return [Path(os.path.expandvars(name)).expanduser() for name in names]


def _chosen(environment: Mapping[str, str]) -> Iterator[Path]:
    name = environment.get("SOUNDFONT", "")
    if not name:
        return
    path = Path(name).expanduser()
    if is_soundfont(path):
        yield path
    else:
        logger.warning("SOUNDFONT names %s, which is no soundfont: looking for another.", path)


def _installed(folders: list[Path]) -> list[Path]:
    found = [path for folder in folders for path in _files(folder) if _rank(path) < len(PREFERRED)]
    return sorted(found, key=lambda path: (_rank(path), -path.stat().st_size))


def _files(folder: Path) -> list[Path]:
    """Soundfonts of a folder by name; none if it is not there or may not be read."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    except OSError:
        return []
    return [path for path in paths if is_soundfont(path)]


def _rank(path: Path) -> int:
    """Place of the bank behind a file, links followed, among those preferred."""
    name = path.resolve().name.lower()
    ranks = (rank for rank, start in enumerate(PREFERRED) if name.startswith(start))
    return next(ranks, len(PREFERRED))


def _bundled() -> Iterator[Path]:
    spec = find_spec("pretty_midi")  # finds the folder without importing the package
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "TimGM6mb.sf2"
        if path.is_file():
            yield path
