"""The wheel that pip builds holds all that is needed: it composes and serves from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
MAX_WHEEL_BYTES = 31_000_000
LIMIT_S = 240


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, from a copy of what git knows, so that no build lies around."""
    copy = tmp_path_factory.mktemp("copy")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no checkout")
    for name in listed.stdout.decode().split("\0"):
        if name and (PROJECT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(PROJECT / name, copy / name)
    out = tmp_path_factory.mktemp("wheel")
    run("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(out), str(copy))
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked into it, as pip does."""
    folder = tmp_path_factory.mktemp("site")
    run("-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), str(wheel))
    return folder


def run(*command: str, **options: object) -> str:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment |= options.pop("environment", {})
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=LIMIT_S, check=False,
        env=environment, **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def outside(site: Path, home: Path) -> dict[str, object]:
    """Options with which the package is the unpacked one, and the checkout is out of sight."""
    home.mkdir(exist_ok=True)
    environment = {"PYTHONPATH": str(site), "XDG_DATA_HOME": str(home), "MUSICGEN_HOME": ""}
    return {"cwd": home, "environment": environment}


def test_the_wheel_is_small_and_holds_what_it_needs(wheel):
    assert wheel.stat().st_size <= MAX_WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    project = "musicgen/_project/"
    assert {
        "musicgen/py.typed",
        "musicgen/ui/components/score.js",
        "musicgen/ui/frame/page.css",
        "musicgen/ui/base/locale/zh/LC_MESSAGES/musicgen.po",
        "musicgen/engraving/engrave.mjs",
        "musicgen/evaluation/report/report.html",
        f"{project}app.py",
        f"{project}pages/Train.py",
        f"{project}.streamlit/config.toml",
        f"{project}package-lock.json",
        f"{project}checkpoints/house/model.safetensors",
    } <= names
    others = ("tests/", "bench/", "experiments/", "tools/")
    assert not [name for name in names if name.startswith(others)]
    tracked = subprocess.run(
        ["git", "ls-files", "checkpoints", "musicgen"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    held = {name.removeprefix(project) for name in names}
    assert [name for name in tracked if name not in held] == []


def test_it_composes_from_any_folder(site, tmp_path):
    run(
        "-m",
        "musicgen",
        "compose",
        "--out",
        "x",
        "--formats",
        "abc,midi",
        **outside(site, tmp_path),
    )
    assert sorted(file.suffix for file in (tmp_path / "x").iterdir()) == [".abc", ".mid"]


def test_own_files_lie_in_the_folder_for_data(site, tmp_path):
    script = "from musicgen.config import Paths; print(Paths.default().home)"
    home = Path(run("-c", script, **outside(site, tmp_path)).strip())
    assert home == tmp_path / "musicgen"


def test_the_pages_run_from_it(site, tmp_path):
    script = (
        "from streamlit.testing.v1 import AppTest\n"
        "from musicgen.config import Paths\n"
        "script = str(Paths.default().project / 'app.py')\n"
        "app = AppTest.from_file(script, default_timeout=120).run()\n"
        "assert not app.exception, app.exception\n"
        "print(app.title[0].value)\n"
    )
    options = outside(site, tmp_path)
    options["cwd"] = site / "musicgen" / "_project"
    assert run("-c", script, **options).strip() == "Play"
