"""A real server with folders of its own, and a real browser that reports what goes wrong in it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from tests.pages import OTHER_PAGES
from tests.ui.tiny_model import write_tiny_model

PROJECT = Path(__file__).resolve().parents[2]
START_S = 240
PATIENCE_MS = 120_000
"""A busy machine is slow; how long things take is not what these tests are about."""
LIMIT_S = 900
"""For a whole test: the longest takes a minute where nothing else runs."""
WIDE = {"width": 1440, "height": 900}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# A page opened by its own address looks for the server beside itself before it finds it above.
EXPECTED_404 = tuple(
    f"/{page}/_stcore/{file}" for page in OTHER_PAGES for file in ("health", "host-config")
)

NEEDLESS = "StreamlitSyntaxHighlighter"
"""The largest script of Streamlit: see `musicgen.ui.components.text_block`."""

# A sound is let go by a run that is cut short, and comes back; its player asks again (audio.js).
FOR_A_MOMENT = "/media/"
NO_BROKEN_PLAYER = "() => ![...document.querySelectorAll('audio')].some((audio) => audio.error)"

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives every test with a browser the time that a busy machine needs."""
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LIMIT_S))


@dataclass(frozen=True)
class Server:
    """A running app: its address, and the folder it writes into."""

    address: str
    home: Path


@dataclass
class Watched:
    """A page together with everything that went wrong in it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, tunebook: str) -> Iterator[Server]:
    """The app as `make run` serves it, with a model named ``tiny`` and the tiny tunebook."""
    home = tmp_path_factory.mktemp("home")
    (home / "data").mkdir()
    (home / "data" / "irish.abc").write_text(tunebook, encoding="utf-8")
    write_tiny_model(home / "runs" / "tiny" / "best")
    port = _free_port()
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=PROJECT,
            env=os.environ | {"MUSICGEN_HOME": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(f"http://localhost:{port}/_stcore/health", process, home / "server.log")
        yield Server(f"http://localhost:{port}", home)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium: the system's, else playwright's own. Skips visibly where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            if "Executable doesn't exist" in str(error):
                pytest.skip("No browser here: install Chromium to run these tests.")
            raise
        yield browser
        browser.close()


class Visitors:
    """Browsers that are as good as new, and yet have Streamlit's scripts compiled.

    A browser with an empty cache takes 4 s of a core to open a page of the app, one that has seen
    another page 1.3 s. So a visitor who has gone leaves the cache to the next one, and nothing
    else: no tab, cookie, storage or permission.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._idle: dict[tuple[tuple[str, Any], ...], list[BrowserContext]] = {}

    @contextlib.contextmanager
    def visitor(self, permissions: Sequence[str] = (), **options: Any) -> Iterator[BrowserContext]:
        """A browser with what `Browser.new_context` takes; it goes back when the block is left."""
        idle = self._idle.setdefault(tuple(sorted(options.items())), [])
        context = idle.pop() if idle else self._browser.new_context(**options)
        context.grant_permissions(list(permissions))
        yield context
        for page in context.pages:
            page.close()
        cleaner = context.new_page()
        context.new_cdp_session(cleaner).send(
            "Storage.clearDataForOrigin",
            {"origin": self._address, "storageTypes": "cookies,local_storage,indexeddb"},
        )
        cleaner.close()
        context.clear_permissions()
        idle.append(context)


@pytest.fixture(scope="session")
def visitors(browser: Browser, server: Server) -> Visitors:
    """Where the tests' browsers come from."""
    return Visitors(browser, server.address)


@pytest.fixture
def open_page(visitors: Visitors, server: Server) -> Iterator[Callable[..., Watched]]:
    """Opens an address of the app in a browser of its own; at the end nothing may have gone wrong.

    Takes the path with its parameters, and what `Browser.new_context` takes. `context` opens a
    further tab in a browser that is open already.
    """
    opened: list[Watched] = []
    with contextlib.ExitStack() as stack:

        def open_path(
            path: str = "/",
            context: BrowserContext | None = None,
            viewport: dict[str, int] = WIDE,
            color_scheme: str = "light",
            locale: str = "en-GB",
            **options: Any,
        ) -> Watched:
            if context is None:
                context = stack.enter_context(visitors.visitor(locale=locale, **options))
            watched = _watch(context.new_page())
            opened.append(watched)
            watched.page.set_viewport_size(viewport)
            watched.page.emulate_media(color_scheme=color_scheme)
            watched.page.goto(server.address + path)
            watched.page.get_by_role("heading", level=1).wait_for()
            return watched

        yield open_path
        for watched in opened:
            if not watched.page.is_closed():
                watched.page.wait_for_function(NO_BROKEN_PLAYER)
    for watched in opened:
        assert not watched.errors
        foreign = [url for url in watched.requests if not _is_local(url, server)]
        assert not foreign
        assert not [url for url in watched.requests if NEEDLESS in url]


def _is_local(url: str, server: Server) -> bool:
    host = server.address.removeprefix("http://")
    return url.startswith(("data:", "blob:", f"http://{host}/", f"ws://{host}/"))


def _watch(page: Page) -> Watched:
    watched = Watched(page)
    page.set_default_timeout(PATIENCE_MS)
    page.on("request", lambda request: watched.requests.append(request.url))
    page.on("websocket", lambda socket: watched.requests.append(socket.url))
    page.on("pageerror", lambda error: watched.errors.append(str(error)))

    def note(message: Any) -> None:
        expected = str(message.location.get("url", "")).endswith(EXPECTED_404)
        expected = expected or FOR_A_MOMENT in f"{message.location.get('url')} {message.text}"
        if message.type == "error" and not expected:
            watched.errors.append(f"{message.text} {message.location}")

    page.on("console", note)
    return watched


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"The server did not start: {log.read_text(encoding='utf-8')}")
