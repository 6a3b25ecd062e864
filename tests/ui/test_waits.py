import asyncio

from musicgen.ui.base import resources
from musicgen.ui.frame.waits import MetricsEndpoint
from musicgen.watching import COMPOSE, SOUND, summarise


def ask(path):
    """What the app's server answers: status, body, and whether the request went through."""
    sent, went = [], []

    async def behind(scope, receive, send):
        went.append(scope["path"])

    async def send(message):
        sent.append(message)

    asyncio.run(MetricsEndpoint(behind)({"type": "http", "path": path}, None, send))
    return (sent[1]["body"].decode() if sent else ""), went


def test_a_tune_of_play_is_timed_and_metrics_say_so(home, open_app, monkeypatch):
    monkeypatch.delenv("MUSICGEN_WATCH", raising=False)
    app = open_app()
    app.button(key="compose").click().run()
    assert not app.exception
    kinds = {(one.kind, one.model, one.page) for one in summarise(resources.watch().waits())}
    assert {(COMPOSE, "house", "Play"), (SOUND, "house", "Play")} <= kinds
    body, went = ask("/metrics")
    assert 'kind="compose",model="house"' in body and went == []
    assert ask("/Play") == ("", ["/Play"])


def test_where_it_is_off_nothing_is_kept_and_metrics_are_not_there(home, open_app, monkeypatch):
    monkeypatch.setenv("MUSICGEN_WATCH", "off")
    app = open_app()
    app.button(key="compose").click().run()
    assert not (home.home / "waits").exists()
    assert ask("/metrics") == ("", ["/metrics"])
