"""Fetching the engraver and the fonts: every npm that may be there, and every way it may fail."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from musicgen import installation
from musicgen.config import Paths
from musicgen.errors import CorpusError, SetupError
from musicgen.installation import (
    ABC2SVG_FILES,
    FONTS,
    are_fonts_installed,
    install_abc2svg,
    install_abcjs,
    install_fonts,
    is_abc2svg_installed,
    is_abcjs_installed,
    main,
    npm_commands,
)

ROOT = Path(__file__).parent.parent
ENGRAVER = "node_modules/abcjs/dist/abcjs-basic-min.js"


@pytest.fixture
def paths(tmp_path):
    """A project that wants abcjs 6.7.2 and has none yet."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "package.json").write_text(json.dumps({"dependencies": {"abcjs": "6.7.2"}}))
    return Paths(project, project)


def put_abcjs(project: Path, version: str) -> None:
    """Lays down what npm would."""
    engraver = project / ENGRAVER
    engraver.parent.mkdir(parents=True, exist_ok=True)
    engraver.write_text("ABCJS = {};")
    manifest = project / "node_modules" / "abcjs" / "package.json"
    manifest.write_text(json.dumps({"version": version}))


def fake_npm(folder: Path, name: str, script: str) -> tuple[str, ...]:
    """The command of an npm that notes how it was called, then runs a script."""
    program = folder / name
    program.write_text(
        f"#!{sys.executable}\nimport sys, pathlib, shutil\n"
        f"log = open({str(folder / 'calls')!r}, 'a'); print({name!r}, *sys.argv[1:], file=log)\n"
        f"{script}\n"
    )
    program.chmod(0o755)
    return (str(program),)


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


@pytest.fixture
def works(tmp_path):
    """An npm that brings the version that is wanted, into the folder it is run in."""
    put_abcjs(tmp_path / "store", "6.7.2")
    store = str(tmp_path / "store" / "node_modules")
    return fake_npm(tmp_path, "works", f"shutil.copytree({store!r}, 'node_modules')")


@pytest.fixture
def fails(tmp_path):
    return fake_npm(tmp_path, "fails", "sys.exit('npm error code ENOTFOUND')")


def use(monkeypatch, *commands: tuple[str, ...]) -> None:
    monkeypatch.setattr(installation, "npm_commands", lambda: iter(commands))


def test_npm_brings_the_engraver_and_runs_no_script_of_it(paths, tmp_path, works, monkeypatch):
    use(monkeypatch, works)
    assert install_abcjs(paths) == paths.abcjs
    assert paths.abcjs.is_file()
    (call,) = calls(tmp_path)
    assert call.startswith("works ci --ignore-scripts ")


def test_the_next_npm_is_tried_when_the_first_fails(paths, tmp_path, works, fails, monkeypatch):
    use(monkeypatch, ("no-such-npm-anywhere",), fails, works)
    assert install_abcjs(paths).is_file()
    assert [call.split()[0] for call in calls(tmp_path)] == ["fails", "works"]


def test_what_is_there_is_not_fetched_again(paths, monkeypatch):
    put_abcjs(paths.project, "6.7.2")
    use(monkeypatch)
    assert install_abcjs(paths) == paths.abcjs


def test_another_version_is_replaced(paths, monkeypatch, tmp_path):
    put_abcjs(paths.project, "6.4.0")
    assert not is_abcjs_installed(paths)
    manifest = paths.project / "node_modules" / "abcjs" / "package.json"
    use(
        monkeypatch,
        fake_npm(
            tmp_path,
            "npm",
            f'pathlib.Path({str(manifest)!r}).write_text(\'{{"version": "6.7.2"}}\')',
        ),
    )
    install_abcjs(paths)
    assert is_abcjs_installed(paths)


@pytest.mark.parametrize("rubble", ["", "[]", "{", '{"version": 6}', "\x00"])
def test_a_damaged_engraver_counts_as_missing(rubble, paths):
    put_abcjs(paths.project, "6.7.2")
    (paths.project / "node_modules" / "abcjs" / "package.json").write_text(rubble)
    assert not is_abcjs_installed(paths)


def test_without_any_npm_the_sentence_says_what_to_install(paths, monkeypatch):
    use(monkeypatch)
    with pytest.raises(SetupError, match=r"no npm here.*Node\.js"):
        install_abcjs(paths)


def test_without_network_the_sentence_says_how_to_try_again(paths, fails, monkeypatch):
    use(monkeypatch, fails)
    with pytest.raises(SetupError, match=r"could not fetch.*python -m musicgen\.installation"):
        install_abcjs(paths)


def test_an_npm_that_never_ends_is_given_up(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(installation, "_NPM_TIMEOUT_S", 1.0)
    use(monkeypatch, fake_npm(tmp_path, "stuck", "import time; time.sleep(60)"))
    with pytest.raises(SetupError, match="could not fetch"):
        install_abcjs(paths)


def test_an_npm_that_brings_something_else_is_told_apart(paths, tmp_path, monkeypatch):
    use(monkeypatch, fake_npm(tmp_path, "idle", "pass"))
    with pytest.raises(SetupError, match="another abcjs"):
        install_abcjs(paths)


def test_the_engraver_of_numbers_counts_only_with_all_its_parts(paths, monkeypatch):
    (paths.project / "package.json").write_text(json.dumps({"dependencies": {"abc2svg": "1.22.1"}}))
    paths.abc2svg.mkdir(parents=True)
    (paths.abc2svg / "package.json").write_text(json.dumps({"version": "1.22.1"}))
    for name in ABC2SVG_FILES:
        assert not is_abc2svg_installed(paths)
        (paths.abc2svg / name).write_text("")
    use(monkeypatch)
    assert install_abc2svg(paths) == paths.abc2svg


def want_fonts(paths: Paths) -> None:
    """Makes the project want the fonts as well."""
    wanted = {"abcjs": "6.7.2"} | dict.fromkeys(FONTS, "5.3.1")
    (paths.project / "package.json").write_text(json.dumps({"dependencies": wanted}))


def put_fonts(project: Path) -> None:
    """Lays down what npm would."""
    for name in FONTS:
        folder = project / "node_modules" / name
        (folder / "files").mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"version": "5.3.1"}))


def test_npm_brings_the_fonts_with_the_engraver(paths, tmp_path, works, monkeypatch):
    want_fonts(paths)
    put_fonts(tmp_path / "store")
    use(monkeypatch, works)
    assert not are_fonts_installed(paths)
    assert main(["abcjs", "fonts"], paths) == 0
    assert are_fonts_installed(paths)
    assert len(calls(tmp_path)) == 1
    assert not list(paths.project.glob(".npm-*"))


def test_without_network_the_engraver_that_is_there_stays(paths, fails, monkeypatch):
    want_fonts(paths)
    put_abcjs(paths.project, "6.7.2")
    use(monkeypatch, fails)
    with pytest.raises(SetupError, match=r"Chinese text.*musicgen\.installation fonts"):
        install_fonts(paths)
    assert is_abcjs_installed(paths)
    assert not list(paths.project.glob(".npm-*"))


def test_fonts_of_another_version_are_fetched_anew(paths, tmp_path, works, monkeypatch):
    want_fonts(paths)
    put_fonts(paths.project)
    put_fonts(tmp_path / "store")
    manifest = paths.project / "node_modules" / FONTS[1] / "package.json"
    manifest.write_text(json.dumps({"version": "5.0.0"}))
    use(monkeypatch, works)
    assert install_fonts(paths) == paths.fonts
    assert json.loads(manifest.read_text())["version"] == "5.3.1"


def test_the_npm_of_the_python_package_runs_without_any_node_on_the_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (command,) = npm_commands()
    result = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert int(result.stdout.split(".")[0]) >= 7  # the first that reads our package-lock.json


def test_the_npm_of_the_system_comes_first(monkeypatch, tmp_path):
    (npm,) = fake_npm(tmp_path, "npm", "pass")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert next(npm_commands()) == (npm,)


def test_without_node_there_is_no_npm(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(installation.importlib.util, "find_spec", lambda _: None)
    assert list(npm_commands()) == []


def test_parts_that_fail_are_told_and_do_not_keep_the_others_out(paths, monkeypatch, caplog):
    def offline(_: Paths) -> None:
        raise CorpusError("No network.")

    fetched: list[Paths] = []
    monkeypatch.setattr(installation, "PARTS", {"lab": offline, "abcjs": fetched.append})
    assert main([], paths) == 1
    assert fetched == [paths]
    assert [record.getMessage() for record in caplog.records] == ["No network."]


def test_only_the_parts_that_were_named_are_fetched(paths, monkeypatch):
    fetched: list[Paths] = []
    monkeypatch.setattr(installation, "PARTS", {"lab": fetched.append, "abcjs": pytest.fail})
    assert main(["lab"], paths) == 0
    assert fetched == [paths]


def test_an_unknown_part_is_answered_with_the_names_there_are(paths, caplog):
    caplog.set_level(logging.ERROR)
    assert main(["soundfont"], paths) == 2
    assert "Choose from: lab, abcjs, abc2svg, fonts." in caplog.text


def test_the_lock_file_is_of_the_version_that_is_wanted():
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert lock[""]["dependencies"] == wanted
    assert set(wanted) == {"abcjs", "abc2svg", *FONTS}
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
        assert lock[f"node_modules/{name}"]["integrity"].startswith("sha512-")
