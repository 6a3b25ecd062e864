"""``musicgen app``: serves the pages."""

import contextlib
import os
import socket
import subprocess
import sys

import click

from musicgen.config import Paths
from musicgen.errors import SetupError


@click.command("app")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True,
              help="Port to serve on.")  # fmt: skip
@click.option("--host", default="localhost", show_default=True,
              help="Address to serve on; 0.0.0.0 lets other machines in.")  # fmt: skip
def app_command(port: int, host: str) -> None:
    """Serve the app in a browser."""
    check_port(host, port)
    script = Paths.default().project / "app.py"
    if not script.is_file():
        raise SetupError("The pages are not here: run this from a full copy of the project.")
    command = [
        sys.executable, "-m", "streamlit", "run", str(script),
        "--server.port", str(port), "--server.address", host,
    ]  # fmt: skip
    os.chdir(script.parent)  # where Streamlit looks for its settings
    if os.name == "posix":
        # Becomes the server, so that whoever stops this process stops the server and no other.
        os.execv(sys.executable, command)  # noqa: S606 - no shell, and nothing of the user's in it
    else:
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run(command, check=False)


def check_port(host: str, port: int) -> None:
    """Raises SetupError if something else listens at an address, or it is not this machine's."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise SetupError(
            f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0)}). "
            f"Choose another: python -m musicgen app --port {port + 1 if port < 65535 else 8501}"
        ) from error
