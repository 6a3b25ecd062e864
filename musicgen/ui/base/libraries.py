"""Libraries that the browser needs once on a page, however many things of the page draw with them.

A component sends its script with itself, some megabytes for Plotly. So a library is a component of
its own, whose data never change, and the frame of the page is the only one that draws it: whatever
needs one asks for it here, as often as it likes. A page that has not sent it yet begins anew, once,
and sends it from then on.
"""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer
from streamlit.runtime.scriptrunner import get_script_run_ctx

from musicgen.ui.base import resources, state

PLOTLY = "plotly"
ABCJS = "abcjs"
ABC2SVG = "abc2svg"

PLACE = "libraries"

_ABC2SVG_FILES = ("abc2svg-1.js", "jianpu-1.js")


def send_libraries() -> None:
    """Draws what was asked for on this page before; the frame of each page does it, at its top."""
    with st.container(key=PLACE):
        for name in sorted(_asked().get(_page(), ())):
            if is_here(name):
                _LIBRARIES[name]()(key=f"library_{name}", data=0)


def need_library(name: str) -> None:
    """Ensures that the page has a library; where it does not, the page begins anew.

    Nothing happens where the library is not installed. What a run of the page does for a button
    that was just pressed is lost when the page begins anew: ask before such a button is drawn.

    Args:
        name: `PLOTLY`, `ABCJS` or `ABC2SVG`.
    """
    asked, page = _asked(), _page()
    if is_here(name) and name not in asked.get(page, ()):
        state.LIBRARIES.set(asked | {page: asked.get(page, frozenset()) | {name}})
        st.rerun()


def is_here(name: str) -> bool:
    """Whether a library has been fetched; Plotly comes with Python's own."""
    paths = resources.paths()
    places = {ABCJS: [paths.abcjs], ABC2SVG: [paths.abc2svg / name for name in _ABC2SVG_FILES]}
    return all(place.is_file() for place in places.get(name, ()))


def _asked() -> dict[str, frozenset[str]]:
    return state.LIBRARIES.get()


def _page() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return context.page_script_hash if context else ""


@cache
def _plotly() -> ComponentRenderer:
    source = files("plotly") / "package_data" / "plotly.min.js"
    script = source.read_text(encoding="utf-8")
    return _library(PLOTLY, f"{script}\nglobalThis.musicgenPlotly ??= globalThis.Plotly;\n")


def _abcjs() -> ComponentRenderer:
    return _abcjs_of(resources.paths().abcjs)


@cache
def _abcjs_of(path: Path) -> ComponentRenderer:
    script = path.read_text(encoding="utf-8")
    keys = (files("musicgen.engraving") / "keys.js").read_text(encoding="utf-8")
    return _library(
        ABCJS,
        f"const scope = {{}};\n(function () {{ {script}\n}}).call(scope);\n{keys}"
        "globalThis.musicgenAbcjs ??= scope.ABCJS;\n"
        "globalThis.musicgenPlainKeys ??= withPlainKeys;\n",
    )


def _abc2svg() -> ComponentRenderer:
    return _abc2svg_of(resources.paths().abc2svg)


@cache
def _abc2svg_of(folder: Path) -> ComponentRenderer:
    """abc2svg as a function of a text, a width and a scale; it finds no `eval`."""
    scripts = [(folder / name).read_text(encoding="utf-8") for name in _ABC2SVG_FILES]
    scripts.append((files("musicgen.engraving") / "numbered.js").read_text(encoding="utf-8"))
    return _library(
        ABC2SVG,
        "globalThis.musicgenNumbered ??= new Function('eval', "
        f"{json.dumps(chr(10).join(scripts))} + "
        "'; return (...given) => drawNumbered(abc2svg, ...given);')();\n",
    )


def _library(name: str, script: str) -> ComponentRenderer:
    export = "export default function () {}\n"
    return st.components.v2.component(f"musicgen_{name}", js=script + export)


_LIBRARIES: dict[str, Callable[[], ComponentRenderer]] = {
    PLOTLY: _plotly,
    ABCJS: _abcjs,
    ABC2SVG: _abc2svg,
}
