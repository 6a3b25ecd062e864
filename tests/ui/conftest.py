"""An app of one's own for each test: folders, a model that ends its tunes, a tiny corpus."""

import html
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from musicgen.config import Paths
from musicgen.ui.base import resources
from tests.ui.tiny_model import write_tiny_model

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 240


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder whose network knows one tune by heart."""
    folder = tmp_path_factory.mktemp("tiny") / "best"
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def no_component_packages() -> Iterator[None]:
    """Each app of a test would look for components in all that is installed, and find none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        yield


@pytest.fixture
def empty_home(tmp_path: Path, tunebook: str, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Nothing trained, nothing bundled; the tiny tunebook stands for the lab's corpus."""
    where = Paths(tmp_path / "project", tmp_path / "home")
    where.data.mkdir(parents=True)
    (where.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    monkeypatch.setattr(resources, "paths", lambda: where)
    st.cache_resource.clear()
    return where


@pytest.fixture
def home(empty_home: Paths, tiny_model: Path) -> Paths:
    """As `empty_home`, with one model that can play."""
    shutil.copytree(tiny_model, empty_home.checkpoints / "house")
    return empty_home


@pytest.fixture
def open_app() -> Callable[..., AppTest]:
    """Opens a page as a fresh browser would, with what stands behind ``?`` in the address."""

    def open_page(page: str = "", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=TIMEOUT_S)
        if page:
            app.switch_page(str(PROJECT / "pages" / f"{page}.py"))
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return open_page


def texts(app: AppTest) -> list[str]:
    """What stands on the page letter for letter, from the top."""
    blocks = (item.proto.body for item in app.get("html"))
    found = (
        re.search(r'class="musicgen-text".*<code>(.*)</code>', body, re.DOTALL) for body in blocks
    )
    return [html.unescape(one[1]) for one in found if one]
