"""``musicgen waits``: how long the app let people wait, as it noted."""

import time
from datetime import UTC, datetime

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.config import Paths
from musicgen.watching import COMPOSE, RENDER, SOUND, SWITCH, Watch, by_time, summarise


@click.command("waits")
@click.option("--hours", type=click.FloatRange(0.1, 100_000), default=24.0, show_default=True,
              help="How far back.")  # fmt: skip
@click.option("--by-hour", "kind", type=click.Choice([COMPOSE, RENDER, SOUND]),
              help="One line for each hour, of one kind.")  # fmt: skip
@json_option
def waits_command(hours: float, kind: str | None, as_json: bool) -> None:
    """How long people waited for a tune, its rendering and its first sound; and errors shown.

    The app notes it in a bounded file, without a word of who; MUSICGEN_WATCH=off keeps nothing. A
    server that runs answers /metrics for Prometheus and shows it all on the page Server.
    """
    watch = Watch(Paths.default().waits)
    found = watch.waits(time.time() - hours * 3600)
    if not found and not as_json:
        why = f"{SWITCH} is off" if watch.is_locked else "it is turned off on the page Server"
        state = "Nothing is noted" if watch.is_on else f"Nothing is noted, for {why}"
        echo(f"{state}: nobody waited for a tune of the app in {hours:g} hours.")
        return
    if kind:
        rows = by_time(found, kind)
        if as_json:
            echo_json([{"hour": hour, "waits": row} for hour, row in rows])
            return
        for hour, row in rows:
            when = datetime.fromtimestamp(hour, UTC).strftime("%Y-%m-%d %H:00 UTC")
            echo(f"{when}  {row.count:6} × {kind}  p50 {row.p50:.2f} s  p95 {row.p95:.2f} s  "
                 f"p99 {row.p99:.2f} s")  # fmt: skip
        return
    summaries = summarise(found)
    if as_json:
        echo_json(summaries)
        return
    for one in summaries:
        echo(f"{one.kind:8} {one.model:24} {one.page:10} {one.count:6} ×  p50 {one.p50:.2f} s  "
             f"p95 {one.p95:.2f} s  p99 {one.p99:.2f} s")  # fmt: skip
