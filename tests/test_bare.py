"""What `make bare` takes along of this machine, and what it says where it cannot run."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "tools" / "bare.py"


@pytest.fixture(scope="module")
def bare():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("bare", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_the_way_to_the_registries_is_handed_on(bare):
    environment = {
        "PIP_INDEX_URL": "1", "npm_config_registry": "2", "NPM_CONFIG_CAFILE": "3",
        "https_proxy": "4", "NO_PROXY": "5", "SSL_CERT_FILE": "6", "TORCH_PIP_ARGS": "7",
        "PYTEST_ARGS": "8", "LANG": "C.UTF-8", "PYTHONPATH": "x", "VIRTUAL_ENV": "x",
        "MUSICGEN_HOME": "x", "AWS_SECRET": "x",
    }  # fmt: skip
    assert sorted(bare.passed_variables(environment).values()) == list("12345678")


def test_of_an_npmrc_only_what_leads_to_the_registry_is_handed_on(bare):
    text = (
        "registry=https://packages.example/npm/\n@mine:registry=https://mine.example/\n"
        "//mine.example/:_authToken=${TOKEN}\ncafile=certs.pem\nhttps-proxy=http://proxy.example\n"
        "prefix=/usr\nnodedir=/usr\nfund=false\n"
    )
    assert bare.npm_settings(text).splitlines() == text.splitlines()[:5]


def test_files_that_a_configuration_names_are_brought_and_named_anew(bare, tmp_path):
    certificate = tmp_path / "ca.pem"
    certificate.touch()
    index = tmp_path / "packages" / "simple"
    index.mkdir(parents=True)
    text = f"cert = {certificate}\nextra-index-url = file://{index}\ncache = {tmp_path}/absent\n"
    needed = dict(bare.local_paths(text))
    assert needed[certificate] == certificate
    assert needed[index] == index.parent  # its pages refer to files next to it
    moved = bare.moved(text)
    assert f"cert = {bare.HANDED_ON}{certificate}\n" in moved
    assert f"file://{bare.HANDED_ON}{index}\n" in moved
    assert f"cache = {tmp_path}/absent" in moved


def test_addresses_of_others_stay_as_they_are(bare):
    text = "index-url = https://packages.example/usr/bin/simple\n"
    assert bare.moved(text) == text


def test_an_unknown_command_is_answered_with_the_usage():
    result = subprocess.run(
        [sys.executable, SCRIPT, "walk"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "tools/bare.py [run] [test]" in result.stdout


@pytest.mark.parametrize(
    ("who", "programs", "words"),
    [(1000, (), "only root"), (0, (), "no debootstrap"), (0, ("debootstrap",), "no unshare")],
)
def test_a_machine_that_cannot_make_a_bare_one_says_why(
    bare, monkeypatch, capsys, who, programs, words
):
    monkeypatch.setattr(bare.os, "geteuid", lambda: who)
    monkeypatch.setattr(bare.subprocess, "run", lambda *_args, **_options: None)
    monkeypatch.setattr(bare.shutil, "which", lambda name: name if name in programs else None)
    assert bare.main([]) == bare.CANNOT_RUN == 77
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_stops_it_stops_what_it_started(number):
    program = (
        "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        f"bare = runpy.run_path({str(SCRIPT)!r});"
        "sys.exit(bare['run_until_told']([sys.executable, '-c',"
        " 'import os, time; print(os.getpid(), flush=True); time.sleep(600)']))"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        started = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(60) == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(started, 0)
