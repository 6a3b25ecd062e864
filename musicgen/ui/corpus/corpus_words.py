"""What the findings of the cleaning are called on the page."""

from musicgen.corpus.cleaning import DROPPED, KEPT_AS_IT_IS
from musicgen.ui.base.language import N_

FINDING_LABELS = {
    "joined": N_("cut in two by a blank line; joined"),
    "duplicate": N_("the same tune again"),
    "no notes": N_("no note in it"),
    "too long": N_("longer than any tune"),
    "variant": N_("a melody that is there already"),
    "not in time": N_("a bar that does not keep time"),
    "unclear": N_("something that cannot be read as it stands"),
    "left out": N_("something beside the melody left out, such as another voice"),
    "characters": N_("control characters removed"),
    "fields": N_("fields from the head of the file written into it"),
    "numbered": N_("given a number (X:)"),
    "prose": N_("lines that are no music left out"),
    "from MIDI": N_("written down from MIDI"),
    "no tune": N_("no tune in the file"),
    "not text": N_("no text file"),
    "not MIDI": N_("cannot be read as MIDI"),
    "not known": N_("neither ABC nor MIDI"),
}
"""One for each of `cleaning.MEND_KINDS`."""

OUTCOMES = {"dropped": N_("left out"), "kept": N_("kept"), "mended": N_("mended")}


def outcome(kind: str) -> str:
    """What came of it: ``dropped``, ``kept`` as it is, or ``mended``."""
    if kind in DROPPED:
        return "dropped"
    return "kept" if kind in KEPT_AS_IT_IS else "mended"
