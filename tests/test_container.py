"""The container is set up as the Makefile sets up a machine, and lets nobody in by default.

No container is built here: the files are read.
"""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()


def read_steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, in order."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line]


STEPS = read_steps()


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in STEPS if name == instruction]


def place(instruction: str, part: str) -> int:
    """The number of the first step of a kind with these words in it."""
    return next(i for i, (name, rest) in enumerate(STEPS) if name == instruction and part in rest)


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in arguments("ENV") for pair in rest.split())


def is_sent(name: str) -> bool:
    """Whether .dockerignore lets a file into the build: the last pattern that fits decides."""
    parts = name.split("/")
    paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    sent = True
    for line in IGNORED:
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!"))
            pattern = pattern.replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            if any(re.fullmatch(pattern, path) for path in paths):
                sent = line.startswith("!")
    return sent


def test_the_base_is_one_exact_python_that_the_project_runs_on():
    (base,) = arguments("FROM")
    found = re.fullmatch(r"python:3\.(\d+)-slim-bookworm", base)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert found
    assert int(found[1]) >= 11


def test_the_packages_of_set_up_are_installed_before_it_runs():
    install = STEPS[place("RUN", "apt-get install")][1]
    assert "--no-install-recommends make $(cat /srv/musicgen/packages.txt)" in install
    assert "rm -rf /var/lib/apt/lists/*" in install
    assert place("COPY", "packages.txt") < place("RUN", "apt-get install")
    assert place("RUN", "apt-get install") < place("RUN", "make setup") < place("USER", "musicgen")


def test_each_make_target_that_is_called_exists_and_so_does_its_variable():
    called = re.findall(r"\bmake ([.\w/-]+) (\w+)=", " ".join(arguments("RUN")))
    assert [target for target, _name in called] == [".make/requirements", "setup"]
    targets = re.findall(r"^([\w./$()-]+):", MAKEFILE, re.MULTILINE)
    assert {target.replace(".make", "$(MADE)") for target, _name in called} <= set(targets)
    assert {name for _target, name in called} == {"TORCH_PIP_ARGS"}
    assert "TORCH_PIP_ARGS ?=" in MAKEFILE


def test_what_the_first_make_needs_is_copied_before_it():
    copied = " ".join(rest for name, rest in STEPS[: place("RUN", "make .make")] if name == "COPY")
    for needed in ("Makefile", "packages.txt", "requirements.txt", "tools/"):
        assert needed in copied


@pytest.mark.parametrize(
    "name",
    [
        "Makefile", "packages.txt", "requirements.txt", "tools/apt-install", "tools/make-venv",
        ".npmrc", "package.json", "package-lock.json", "app.py", "pages/Train.py",
        ".streamlit/config.toml", "musicgen/ui/components/score.js", "assets/icon.png",
        "checkpoints/house/model.safetensors",
    ],
)  # fmt: skip
def test_what_set_up_and_app_read_is_sent_to_the_build(name):
    assert (ROOT / name).is_file()
    assert is_sent(name)


@pytest.mark.parametrize(
    "name",
    [
        ".git/config", ".venv/bin/python", ".make/system", "node_modules/abcjs/package.json",
        "runs/mine/run.json", "data/irish.abc", ".env", ".streamlit/secrets.toml",
        "tests/conftest.py", "musicgen/ui/__pycache__/x.pyc",
    ],
)  # fmt: skip
def test_what_is_private_or_made_elsewhere_is_not_sent(name):
    assert not is_sent(name)


def test_it_runs_without_rights_and_writes_its_home_only():
    assert arguments("USER") == ["musicgen"]
    assert place("USER", "musicgen") < place("CMD", "streamlit")
    assert any(rest.startswith("useradd --uid 1000") for rest in arguments("RUN"))
    home = variables()["MUSICGEN_HOME"]
    assert arguments("VOLUME") == [home]
    assert f"- musicgen-home:{home}\n" in COMPOSE
    assert [rest for rest in arguments("COPY") if "--chown" in rest] == []


def test_it_listens_on_its_own_port_and_says_whether_it_is_well():
    set_to = variables()
    assert set_to["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"  # noqa: S104 - of a container
    assert arguments("EXPOSE") == [set_to["STREAMLIT_SERVER_PORT"]] == ["8501"]
    assert re.search(r"^PORT \?= 8501$", MAKEFILE, re.MULTILINE)
    (health,) = arguments("HEALTHCHECK")
    program = json.loads(health.partition("CMD ")[2])
    assert program[:2] == [".venv/bin/python", "-c"]
    assert "http://127.0.0.1:8501/_stcore/health" in program[2]
    compile(program[2], "health check", "exec")
    (command,) = arguments("CMD")
    # `musicgen app` would put its own address before the one of the environment.
    assert json.loads(command)[-3:] == ["streamlit", "run", "app.py"]


def test_compose_lets_this_machine_alone_in():
    assert re.findall(r'^ +- "(.*:8501)"$', COMPOSE, re.MULTILINE) == [
        "${ADDRESS:-127.0.0.1}:${PORT:-8501}:8501"
    ]
    assert "no-new-privileges:true" in COMPOSE
