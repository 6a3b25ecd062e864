"""Sheet music as a component: engraved by abcjs in the browser, a cursor that follows the sound.

abcjs (JavaScript, MIT) is fetched at set-up and not part of the project; without it the page shows
the text of the tune alone, and says so.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.language import _

_FRONTEND = Path(__file__).parent / "frontend"


@dataclass(frozen=True, slots=True)
class ScoreLayout:
    """A tune with its lines broken for one width.

    `abc` is what abcjs gets; `starts` the offset in it of each sounding note, in playing order;
    `min_width` the narrowest place it is for, and `staff_width` the width it is engraved at before
    it is scaled to fit, both in pixels. `marks` are spans of `abc` whose notes get a background.
    """

    abc: str
    starts: tuple[int, ...]
    min_width: int
    staff_width: int
    marks: tuple[tuple[int, int], ...] = ()


def score(
    layouts: Sequence[ScoreLayout],
    onsets_s: Sequence[float],
    durations_s: Sequence[float],
    *,
    key: str,
    audio: str,
    library: Path,
) -> None:
    """Draws a tune, with a cursor on the note that sounds; a click on a note plays from there.

    Args:
        layouts: The same tune for several widths, the widest first; the last serves all others.
        onsets_s: When each sounding note begins, in seconds, ascending.
        durations_s: How long it sounds, in seconds.
        key: Names the score across updates.
        audio: CSS selector of the audio element that plays the tune.
        library: Where abcjs lies.
    """
    if not library.is_file():
        st.caption(
            _("The sheet music needs abcjs. `make setup` fetches it, and so does `npm install`.")
        )
        return
    _library(library)(key=f"{key}_library", data=0)
    _score()(
        key=key,
        data={
            "layouts": [asdict(layout) for layout in layouts],
            "onsets_s": [round(onset, 4) for onset in onsets_s],
            "durations_s": [round(duration, 4) for duration in durations_s],
            "audio": audio,
            "label": _("Sheet music of the tune"),
            "failure": _("The engraver could not draw this tune."),
        },
    )


@cache
def _library(path: Path) -> ComponentRenderer:
    source = path.read_text(encoding="utf-8")
    script = (
        f"const scope = {{}};\n(function () {{ {source}\n}}).call(scope);\n"
        "globalThis.musicgenAbcjs = scope.ABCJS;\nexport default function () {}\n"
    )
    return st.components.v2.component("musicgen_abcjs", js=script)


@cache
def _score() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_score",
        html='<div class="musicgen-score"><div class="musicgen-cursor" hidden></div>'
        '<div class="musicgen-paper"></div></div>',
        css=(_FRONTEND / "score.css").read_text(encoding="utf-8"),
        js=(_FRONTEND / "score.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
