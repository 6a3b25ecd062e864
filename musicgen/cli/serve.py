"""``musicgen serve``: tunes for other programs, over HTTP."""

import click

from musicgen.cli.app import SHARED, check_port, is_this_machine
from musicgen.cli.options import echo
from musicgen.config import Paths
from musicgen.models.checkpoint import DEFAULT_CHECKPOINT, find_checkpoint

DEFAULT_PORT = 8600


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True,
              help="Port to serve on.")  # fmt: skip
@click.option("--host", default="localhost", show_default=True,
              help="Address to serve on; 0.0.0.0 lets other machines in.")  # fmt: skip
@click.option("--allow-host", "allowed", multiple=True, metavar="NAME",
              help="A further name by which this server may be called.")  # fmt: skip
@click.option("--checkpoint", "checkpoint_name", default=DEFAULT_CHECKPOINT, show_default=True,
              metavar="NAME", help="The model that composes where none is named.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(1, 3600), default=60, show_default=True,
              help="Seconds that composing may take.")  # fmt: skip
def serve_command(
    port: int, host: str, allowed: tuple[str, ...], checkpoint_name: str, timeout: float
) -> None:
    """Serve tunes to other programs: compose, check, render, novelty, models.

    `GET /` has the description for people, `/openapi.json` for programs. It has no login. On
    another address than this machine's own, whoever reaches it may use your processor.
    """
    paths = Paths.default()
    find_checkpoint(checkpoint_name, paths)
    check_port(host, port, "serve", DEFAULT_PORT)
    import uvicorn

    from musicgen.serving.app import Service, ServiceLimits, build_app

    if not is_this_machine(host):
        echo(SHARED, err=True)
    service = Service(paths, checkpoint_name, ServiceLimits(seconds=timeout))
    echo(f"Serving {checkpoint_name} on http://{host}:{port} (Ctrl-C ends it)")
    uvicorn.run(
        build_app(service, allowed), host=host, port=port, log_level="warning", access_log=False,
        server_header=False, limit_concurrency=512, timeout_keep_alive=10, lifespan="off",
    )  # fmt: skip
