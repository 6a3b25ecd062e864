"""A started server, asked in ways in which a browser asks that shows another site."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config

from musicgen.ui.frame.server import content_policy, is_known_host, refusal

PROJECT = Path(__file__).resolve().parents[2]
START_S = 120


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the app as `streamlit run app.py` serves it."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
        cwd=PROJECT,
        env=os.environ | {"MUSICGEN_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + START_S
        while not _is_up(port):
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(120)


def _is_up(port: int) -> bool:
    try:
        return ask(port)[0] == 200
    except OSError:
        return False


def ask(port, path="/_stcore/health", **headers):
    """Status and headers of an answer; headers of the request with ``_`` for ``-``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def knock(port, **headers):
    """Status of a websocket's handshake: 101 where it is let in."""
    return ask(
        port,
        "/_stcore/stream",
        Connection="Upgrade",
        Upgrade="websocket",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==",
        Sec_WebSocket_Protocol="streamlit",
        **headers,
    )[0]


def test_the_server_listens_on_this_machine_alone(port):
    own = socket.create_connection(("127.0.0.1", port), timeout=120)
    own.close()
    found = {
        address[4][0]
        for address in socket.getaddrinfo(socket.gethostname(), port, type=socket.SOCK_STREAM)
        if not address[4][0].startswith("127.") and address[4][0] != "::1"
    }
    for address in found:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port), timeout=60)


@pytest.mark.parametrize(
    "host",
    ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "a@localhost", "localhost:99999999",
     "localhost/x", "notlocalhost", "streamlit.app.evil.test", "2130706433", "x" * 400],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_refused(port, host):
    assert ask(port, Host=host)[0] == 403
    assert ask(port, "/", Host=host)[0] == 403
    assert knock(port, Host=host) == 403


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "a.localhost"])
def test_our_names_are_known(port, name):
    host = f"{name}:{port}"
    assert ask(port, Host=host)[0] == 200
    assert knock(port, Host=host, Origin=f"http://{host}") == 101


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "http://localhost:1", "https://localhost.evil.test", "null",
               "file://", "http://127.0.0.1"],
)  # fmt: skip
def test_a_page_of_another_site_is_refused(port, origin):
    assert ask(port, Origin=origin)[0] == 403
    assert knock(port, Host=f"localhost:{port}", Origin=origin) == 403


def test_two_hosts_or_origins_are_not_taken_for_one(port):
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        line.sendall(
            f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
            "Origin: http://evil.test\r\nConnection: close\r\n\r\n".encode()
        )
        assert re.match(rb"HTTP/1.1 40[03]", line.recv(100))


@pytest.mark.parametrize("path", ["/", "/Train", "/_stcore/health", "/nothing/here.js"])
def test_every_answer_forbids_frames_and_foreign_addresses(port, path):
    _status, headers, _body = ask(port, path)
    policy = headers["Content-Security-Policy"]
    assert headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'self'" in policy and "object-src 'none'" in policy
    addresses = re.findall(r"[a-z]+://\S+|\*", policy)
    assert all(f"localhost:{port}" in one or f"127.0.0.1:{port}" in one for one in addresses)
    scripts = policy.partition("script-src ")[2].partition(";")[0]
    assert "'unsafe-inline'" not in scripts and "sha256-" in scripts


def test_what_is_set_decides(monkeypatch):
    def setting(**values):
        known = {"server.enableCORS": True, "server.allowedHosts": [], "server.address": "",
                 "server.corsAllowedOrigins": [], "browser.serverAddress": ""}  # fmt: skip
        found = known | {name.replace("_", "."): value for name, value in values.items()}
        monkeypatch.setattr(config, "get_option", found.__getitem__)

    setting(server_allowedHosts=["music.test"])
    assert is_known_host("music.test:80") and not is_known_host("localhost")
    setting(server_corsAllowedOrigins=["https://front.test"])
    assert not refusal("localhost", ["https://front.test"])
    assert refusal("localhost", ["https://other.test"])
    setting(server_enableCORS=False)
    assert not refusal("any.test", ["https://other.test"])


def test_a_host_cannot_write_the_policy():
    assert "evil" not in content_policy("a; script-src http://evil.test")
