"""Sheet music as a component: engraved in the browser, a cursor that follows the sound.

abcjs (JavaScript, MIT) draws staff notation, abc2svg (JavaScript, LGPL) numbered notation. Both are
fetched at set-up and not part of the project; without abcjs the page shows the text of the tune
alone, without abc2svg staff notation, and says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.sampling.note_surprise import Alternatives
from musicgen.ui.base.language import _
from musicgen.ui.base.libraries import ABC2SVG, ABCJS, is_here, need_library

_HERE = Path(__file__).parent

MAX_CHANGES = 200
"""Changes of notes that a browser may tell at once."""

_HTML = """<div class="musicgen-score">
  <div class="musicgen-turn" role="status"><span hidden></span></div>
  <div class="musicgen-scale" hidden><span></span><i></i><span></span></div>
  <div class="musicgen-regions"></div><div class="musicgen-cursor" hidden></div>
  <div class="musicgen-paper"></div>
  <div class="musicgen-alternatives" role="dialog" hidden></div>
  <div class="musicgen-teller" aria-live="polite"></div>
  <p class="musicgen-score-keys" hidden></p>
</div>"""


@dataclass(frozen=True, slots=True)
class ScoreLayout:
    """A tune with its lines broken for one width.

    `abc` is what abcjs gets; `starts` the offset in it of each sounding note, in playing order;
    `min_width` the narrowest place it is for, and `staff_width` the width it is engraved at before
    it is scaled to fit, both in pixels. `notes` are the offsets of all notes in written order, -1
    for one that is not drawn; `marks` stretches of it that are underlined.
    """

    abc: str
    starts: tuple[int, ...]
    min_width: int
    staff_width: int
    notes: tuple[int, ...] = ()
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreOverlay:
    """What can be chosen and read on a score; lists have one entry for each note as written.

    `bars` are the bars of the notes as indices of `Tune.bars`, `numbers` the labels of these bars
    (`notation.analysis.bar_numbers`), `names` the labels of the notes, `bits` the surprise of each
    in bits, and `alternatives` the other characters that the network could have written, both None
    where that is not shown.
    `tints` take the place of `bits`: a value -1..1 for each note, in two colours, whose ends
    `tint_ends` names; bars cannot be chosen then.
    `outside` are indices of notes beyond an instrument's range; `selection` the first and last
    chosen bar.

    Not by notes: `loop` has the beginnings and ends, in seconds, of the chosen bars each time they
    are played, to repeat one of them; `cue` is a name and the time in seconds to play from, once
    for each name; `answers` are the stretches, in seconds, in which the reader plays and the sound
    is silent; `on_touch` is called when bars or an alternative were chosen (`touched`).

    Where the page has `has_keys` no, it uses the arrow keys and the space bar itself, as the music
    stand does: bars are chosen by hand alone.
    """

    bars: tuple[int, ...]
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    bits: tuple[float, ...] | None = None
    alternatives: tuple[tuple[Alternatives, ...], ...] | None = None
    outside: tuple[int, ...] = ()
    selection: tuple[int, int] | None = None
    loop: tuple[tuple[float, float], ...] = ()
    cue: tuple[str, float] | None = None
    on_touch: Callable[[], None] | None = None
    tints: tuple[float, ...] | None = None
    tint_ends: tuple[str, str] = ("", "")
    editing: "NoteEditing | None" = None
    answers: tuple[tuple[float, float], ...] = ()
    has_keys: bool = True


@dataclass(frozen=True, slots=True)
class NoteEditing:
    """That the notes of a score can be changed, by keys and by a click on one.

    `chosen` is the number of the note that is chosen, as written, and `applied` the number of the
    last change that was made (`changes`): a browser tells later ones again.
    """

    chosen: int
    applied: int


def score(  # noqa: PLR0913 - what is drawn, when it sounds, and how both are touched
    layouts: Sequence[ScoreLayout],
    onsets_s: Sequence[float],
    durations_s: Sequence[float],
    *,
    key: str,
    audio: str,
    library: Path,
    touch: ScoreOverlay | None = None,
    is_numbered: bool = False,
) -> None:
    """Draws a tune, with a cursor on the note that sounds; a click on a note plays from there.

    Args:
        layouts: The same tune for several widths, the widest first; the last serves all others.
        onsets_s: When each sounding note begins, in seconds, ascending.
        durations_s: How long it sounds, in seconds.
        key: Names the score across updates.
        audio: CSS selector of the audio element that plays the tune.
        library: The file of abcjs.
        touch: Lets bars be chosen, and shows surprise and alternatives.
        is_numbered: Draws numbered notation (jianpu) in place of a staff.
    """
    if is_numbered and not is_here(ABC2SVG):
        st.caption(
            _(
                "Numbered notation needs abc2svg. `make setup` fetches it, and so does "
                "`npm install`."
            )
        )
        is_numbered = False
    if not is_numbered and not library.is_file():
        st.caption(
            _("The sheet music needs abcjs. `make setup` fetches it, and so does `npm install`.")
        )
        return
    on_touch = (touch.on_touch if touch else None) or _ignore
    need_library(ABC2SVG if is_numbered else ABCJS)
    _score()(
        key=key,
        data={
            "layouts": [asdict(layout) for layout in layouts],
            "onsets_s": [round(onset, 4) for onset in onsets_s],
            "durations_s": [round(duration, 4) for duration in durations_s],
            "audio": audio,
            "label": _("Sheet music of the tune"),
            "failure": _("The engraver could not draw this tune."),
            "cue": touch.cue if touch else None,
            "loop": (touch.loop if touch else None) or None,
            "answers": [[round(one, 4) for one in each] for each in touch.answers] if touch else [],
            "your_turn": _("You play"),
            "touch": _touch_data(touch) if touch else None,
            "is_numbered": is_numbered,
        },
        on_selection_change=on_touch,
        on_take_change=on_touch,
        on_changes_change=on_touch,
    )


def touched(key: str) -> tuple[tuple[int, int] | None, tuple[int, str] | None]:
    """The last event on the score of that key: bars chosen (from 0), and a character chosen."""
    found = st.session_state.get(key) or {}
    selection: tuple[int, int] | None = None
    match found.get("selection"):
        case [int(first), int(last)]:
            selection = first, last
    match found.get("take"):
        case [int(offset), str(character)]:
            return selection, (offset, character)
    return selection, None


def changes(key: str, applied: int) -> list[tuple[int, str, int]]:
    """What was done to notes on the score of that key: number of the change, its kind, the note.

    Args:
        key: Of the score.
        applied: The last change that has been made already; only later ones are given.
    """
    found = (st.session_state.get(key) or {}).get("changes")
    told = found if isinstance(found, list) else []
    wanted = []
    for one in told[:MAX_CHANGES]:
        match one:
            case [int(number), str(kind), int(note)] if number > applied:
                wanted.append((number, kind, note))
    return sorted(wanted)


def _ignore() -> None:
    """Does nothing; Streamlit registers a trigger only with a callback."""


def _touch_data(touch: ScoreOverlay) -> dict[str, Any]:
    """What the browser needs, without the names of fields in every one of hundreds of notes."""
    alternatives = (
        [[list(astuple(one)) for one in each] for each in touch.alternatives]
        if touch.alternatives
        else None
    )
    return {
        "bars": touch.bars,
        "numbers": touch.numbers,
        "names": touch.names,
        "bits": touch.bits,
        "tints": touch.tints,
        "alternatives": alternatives,
        "outside": touch.outside,
        "selection": touch.selection,
        "editing": asdict(touch.editing) if touch.editing else None,
        "words": {
            "expected": touch.tint_ends[0] if touch.tints else _("expected"),
            "surprising": touch.tint_ends[1] if touch.tints else _("surprising"),
            "surprise": _("{note}: {bits} bits of surprise"),
            "take": _("Take another, and the network goes on from there."),
            "space": _("space"),
            "line_end": _("line end"),
            "place": _("bar {bar}, {note}"),
            "keys": _keys(touch),
        },
    }


def _keys(touch: ScoreOverlay) -> str:
    """What the keyboard does on the score; empty where it is for the page alone."""
    if not touch.has_keys:
        return ""
    if touch.editing:
        return _(
            "Keys: ← and → go from note to note, ↑ and ↓ move it by a step, with Shift by a "
            "semitone, with Ctrl by an octave; + and − change its length, Insert or I puts one "
            "more behind it, Delete takes it away, Ctrl+Z goes back, Ctrl+Y forward, Enter plays "
            "from here."
        )
    if touch.tints:
        return _(
            "Keys: ← and → go from note to note, Enter plays from here, the space bar starts and "
            "pauses."
        )
    if touch.alternatives is None and touch.bits is None:
        return _(
            "Keys: ← and → go from note to note, Shift with them chooses bars, Enter plays from "
            "here, the space bar starts and pauses."
        )
    return _(
        "Keys: ← and → go from note to note, Shift with them chooses bars, Enter plays "
        "from here, the space bar starts and pauses, ↓ shows what else the network "
        "had in mind, Escape closes that."
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _score() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_score",
        html=_HTML,
        css=_read("score.css"),
        js=_read("score_numbered.js") + _read("score_touch.js") + _read("score.js"),
        isolate_styles=False,
    )
