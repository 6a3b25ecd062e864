"""``musicgen app``: serves the pages."""

import contextlib
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
    with contextlib.suppress(KeyboardInterrupt):
        status = subprocess.run(command, cwd=script.parent, check=False).returncode
        if status:
            raise SetupError(f"The server ended with status {status}; what it said is above.")


def check_port(host: str, port: int) -> None:
    """Raises SetupError if something else listens at an address, or it is not this machine's."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise SetupError(
            f"Port {port} of {host} cannot be used ({error.strerror or error}). "
            f"Choose another: python -m musicgen app --port {port + 1 if port < 65535 else 8501}"
        ) from error
