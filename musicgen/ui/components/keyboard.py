"""Two octaves of a piano on which a melody is played, to be looked for: by touch, keys or MIDI."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.ui.base.language import _

_HERE = Path(__file__).parent
LOW, HIGH = 60, 84
"""MIDI pitches of the first and the last key: C4 to C6."""

MOST_NOTES = 64
_NAMES = ("C", "^C", "D", "^D", "E", "F", "^F", "G", "^G", "A", "^A", "B")


def keyboard(key: str, on_notes: Callable[[list[int]], None]) -> None:
    """Draws the keys; they sound, and what was played is told when the player stops for a moment.

    Args:
        key: Names the keyboard across updates.
        on_notes: Called with all MIDI pitches played since it was last cleared, in order.
    """

    def played() -> list[int]:
        told = (st.session_state.get(key) or {}).get("notes")
        known = told if isinstance(told, list) else []
        return [one for one in known if type(one) is int and 0 <= one <= 127][:MOST_NOTES]

    _keyboard()(
        key=key,
        data={
            "low": LOW,
            "high": HIGH,
            "most": MOST_NOTES,
            "notes": played(),
            "words": {
                "keys": _("Piano keys"),
                "clear": _("Begin anew"),
                "back": _("Take back a note"),
                "midi": _("Listen to a MIDI keyboard"),
                "listening": _("Listening to {count} MIDI keyboards"),
                "none": _("No MIDI keyboard was found."),
            },
        },
        default={"notes": []},
        on_notes_change=lambda: on_notes(played()),
    )


def to_abc(pitches: Sequence[int]) -> str:
    """Pitches of MIDI as notes in ABC; the first says its sign, so that semitones are counted."""
    words: list[str] = []
    sharp: set[str] = set()  # letters whose last sign was one, which lasts until the next
    for pitch in pitches:
        octave, place = divmod(pitch - 60, 12)
        name = _NAMES[place]
        letter = name[-1]
        sign = "^" if len(name) > 1 else "=" if letter in sharp or not words else ""
        if sign:
            (sharp.add if sign == "^" else sharp.discard)(letter)
        high = letter.lower() + "'" * (octave - 1)
        words.append(sign + (high if octave > 0 else letter + "," * -octave))
    return " ".join(words)


@cache
def _keyboard() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_keyboard",
        html='<div class="musicgen-keyboard"></div>',
        css=(_HERE / "keyboard.css").read_text(encoding="utf-8"),
        js=(_HERE / "keyboard.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
