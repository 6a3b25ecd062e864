"""The shell scripts of set-up: what cannot be installed is one sentence, and set-up goes on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("sh", "env", "grep", "tail", "mktemp", "rm", "cat")


@pytest.fixture
def machine(tmp_path):
    """A folder of programs that stands for a machine: no apt, no sudo, no Python, not root."""
    for tool in TOOLS:
        program = shutil.which(tool)
        assert program, f"this test needs {tool}"
        (tmp_path / tool).symlink_to(program)
    put(tmp_path, "id", "echo 1000")
    return tmp_path


def put(machine: Path, name: str, script: str) -> None:
    """Puts a program onto the machine."""
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(0o755)


def put_apt(machine: Path, available: str = "*") -> None:
    """Puts an apt-get onto the machine that can install some packages, and the dpkg that tells."""
    put(
        machine,
        "dpkg-query",
        f'for name; do :; done; [ -e "{machine}/has-$name" ] && echo "install ok installed"',
    )
    put(
        machine,
        "apt-get",
        f"""
echo "apt-get $*" >>"{machine}/log"
case "$*" in *update*) exit 0;; esac
seen=
for name; do
    [ -n "$seen" ] && case $name in -*) ;;
        {available}) ;;
        *) echo "E: Unable to locate package $name"; exit 100;; esac
    [ "$name" = install ] && seen=yes
done
seen=
for name; do
    [ -n "$seen" ] && case $name in -*) ;; *) : >"{machine}/has-$name";; esac
    [ "$name" = install ] && seen=yes
done
exit 0
""",
    )


def run(machine: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": str(machine), "HOME": str(machine), "TMPDIR": str(machine)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def installed(machine: Path) -> set[str]:
    return {path.name.removeprefix("has-") for path in machine.glob("has-*")}


def test_what_is_installed_already_takes_no_rights(machine):
    put_apt(machine)
    (machine / "has-abcmidi").touch()
    result = run(machine, "tools/apt-install", "abcmidi")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_machine_without_apt_goes_on_with_a_sentence(machine):
    result = run(machine, "tools/apt-install", "abcmidi", "chromium")
    assert result.returncode == 0
    assert result.stderr.startswith(
        "Going on without abcmidi chromium: this system has no apt-get."
    )
    assert "make system" in result.stderr


def test_without_root_and_sudo_nothing_is_tried(machine):
    put_apt(machine)
    result = run(machine, "tools/apt-install", "abcmidi")
    assert result.returncode == 0
    assert "only root can install them" in result.stderr
    assert not installed(machine)


def test_a_sudo_that_asks_for_a_password_is_not_waited_for(machine):
    put_apt(machine)
    put(machine, "sudo", "exit 1")
    result = run(machine, "tools/apt-install", "abcmidi")
    assert result.returncode == 0
    assert "sudo asks for a password" in result.stderr


@pytest.mark.parametrize("who", ["root", "sudo"])
def test_root_and_sudo_install_what_is_missing(who, machine):
    put_apt(machine)
    put(machine, "id", "echo 0") if who == "root" else put(machine, "sudo", '[ "$1" = -n ] || "$@"')
    (machine / "has-chromium").touch()
    result = run(machine, "tools/apt-install", "chromium", "abcmidi")
    assert result.returncode == 0
    assert installed(machine) == {"chromium", "abcmidi"}
    assert "chromium" not in (machine / "log").read_text()


def test_a_package_that_does_not_exist_keeps_no_other_out(machine):
    put_apt(machine, available="abcmidi")
    put(machine, "id", "echo 0")
    result = run(machine, "tools/apt-install", "no-such-thing", "abcmidi")
    assert result.returncode == 0
    assert installed(machine) == {"abcmidi"}
    assert "Going on without no-such-thing: apt-get said 'E: Unable to locate" in result.stderr


def test_package_lists_are_brought_up_to_date_only_when_needed(machine):
    put_apt(machine, available="known")
    put(machine, "id", "echo 0")
    run(machine, "tools/apt-install", "known")
    assert "update" not in (machine / "log").read_text()
    run(machine, "tools/apt-install", "unknown")
    assert "update" in (machine / "log").read_text()


def test_a_machine_without_python_says_which_one_is_needed(machine):
    result = run(machine, "tools/make-venv", "python3", str(machine / "venv"))
    assert result.returncode == 1
    assert "install Python 3.11 or newer" in result.stderr


def test_an_old_python_is_named_and_refused(machine):
    put(machine, "python3", '[ "$1" = --version ] && echo "Python 3.9.2"; [ "$1" = --version ]')
    result = run(machine, "tools/make-venv", "python3", str(machine / "venv"))
    assert result.returncode == 1
    assert "Python 3.9.2 is too old: musicgen needs Python 3.11 or newer" in result.stderr


def test_a_python_without_its_venv_part_says_which_package_has_it(machine):
    put(machine, "python3", 'case "$*" in *version_info*) exit 0;; *) exit 1;; esac')
    result = run(machine, "tools/make-venv", "python3", str(machine / "venv"))
    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr


def test_the_environment_is_made_with_a_pip_in_it(tmp_path):
    folder = tmp_path / "a folder"
    base = os.path.realpath(sys.executable)
    subprocess.run(["tools/make-venv", base, str(folder)], cwd=ROOT, check=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "--version"], check=True)
