"""``musicgen app``: serves the pages."""

import contextlib
import ipaddress
import os
import socket
import subprocess
import sys

import click

from musicgen.classroom.roster import ClassStore
from musicgen.cli.options import echo
from musicgen.config import Paths
from musicgen.errors import SetupError

SHARED = (
    "Other machines are let in, and there is no login: whoever reaches this address can use your "
    "processor, and rename, stop and delete what is here. Share it only where you trust everybody."
)

CLASS = "MUSICGEN_CLASS"
"""The environment variable by which the pages serve a class."""

SHARED_CLASS = (
    "Other machines are let in, and members of the class sign in. Names and codes travel as they "
    "are typed unless a proxy in front encrypts them: see docs/class.md."
)

_OWN_NAMES = ("localhost", "127.0.0.1", "::1")


@click.command("app")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True,
              help="Port to serve on.")  # fmt: skip
@click.option("--host", default="localhost", show_default=True,
              help="Address to serve on; 0.0.0.0 lets other machines in.")  # fmt: skip
@click.option("--allow-host", "allowed", multiple=True, metavar="NAME",
              help="A further name by which browsers may call this server.")  # fmt: skip
@click.option("--class", "for_class", is_flag=True,
              help="For a class: everybody signs in, and has work of their own.")  # fmt: skip
def app_command(port: int, host: str, allowed: tuple[str, ...], for_class: bool) -> None:
    """Serve the app in a browser.

    It has no login, unless it serves a class. On another address than this machine's own, whoever
    reaches it may do what you may.
    """
    if for_class:
        ClassStore(Paths.default()).read()  # or says how to make one
        os.environ[CLASS] = "1"
    check_port(host, port)
    script = Paths.default().project / "app.py"
    if not script.is_file():
        raise SetupError("The pages are not here: run this from a full copy of the project.")
    command = [
        sys.executable, "-m", "streamlit", "run", str(script),
        "--server.port", str(port), "--server.address", host,
    ]  # fmt: skip
    for name in (*allowed, *_OWN_NAMES, socket.gethostname(), host) if allowed else ():
        command += ["--server.allowedHosts", name]
    if not is_this_machine(host):
        echo(SHARED_CLASS if os.environ.get(CLASS) else SHARED, err=True)
        # Else Streamlit asks a server outside for the address to print.
        command += ["--browser.serverAddress", socket.gethostname()]
    os.chdir(script.parent)  # where Streamlit looks for its settings
    if os.name == "posix":
        # Becomes the server, so that whoever stops this process stops the server and no other.
        os.execv(sys.executable, command)  # noqa: S606 - no shell, and nothing of the user's in it
    else:
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run(command, check=False)


def is_this_machine(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_port(host: str, port: int, command: str = "app", usual: int = 8501) -> None:
    """Raises SetupError if something else listens at an address, or it is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        raise SetupError(
            f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0)}). "
            f"Choose another: "
            f"python -m musicgen {command} --port {port + 1 if port < 65535 else usual}"
        ) from error
