"""How a tune is played and written down: who plays it, in which key, with chords or without.

Files carry it beside what the tune was made from (`library.provenance`): ``compose --from`` gives
back the tune as it was heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from musicgen.audio.arrangement import Arrangement
from musicgen.config import describe
from musicgen.errors import MusicgenError, ProvenanceError
from musicgen.notation.analysis.clefs import CLEFS
from musicgen.notation.display.score_view import Sheet, make_sheet
from musicgen.notation.model import Tune

TRANSPOSE, CHORDS, CLEF, OCTAVE = "transpose", "chords", "clef", "octave"
MOST_SEMITONES = 24
"""By which a tune can be moved."""

MOST_OCTAVES = 2
"""By which an instrument can read higher or lower than tunes are written."""

_NAMES = frozenset(info.name for info in describe(Arrangement)) - {TRANSPOSE}


AS_DANCED = Arrangement(lilt=1.0, ornaments=True)
"""How a composed tune is played by default, on a page or in the terminal."""


@dataclass(frozen=True, slots=True)
class PlaybackSettings:
    """How a tune is played, and how it is written down.

    `transpose` moves the sheet music and with it the sound, -24..24 semitones; `has_chords` names
    the chords above the staff. `clef` (one of `notation.analysis.clefs.CLEFS`, as the tune says if
    empty) and `octave` (-2..2) are those of the instrument it is written for.
    """

    arrangement: Arrangement = field(default_factory=Arrangement)
    transpose: int = 0
    has_chords: bool = False
    clef: str = ""
    octave: int = 0

    def to_values(self) -> dict[str, Any]:
        """JSON-ready values of what is not as written; empty for a tune as it was composed."""
        plain, values = Arrangement().to_dict(), self.arrangement.to_dict()
        found = {name: values[name] for name in sorted(_NAMES) if values[name] != plain[name]}
        found |= {TRANSPOSE: self.transpose} if self.transpose else {}
        found |= {CLEF: self.clef} if self.clef else {}
        found |= {OCTAVE: self.octave} if self.octave else {}
        return found | ({CHORDS: True} if self.has_chords else {})

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "PlaybackSettings":
        """What a file says.

        Raises:
            ProvenanceError: it asks for what is not possible.
        """
        rest = dict(values)
        semitones, has_chords = rest.pop(TRANSPOSE, 0), rest.pop(CHORDS, False)
        if (
            type(semitones) is not int
            or abs(semitones) > MOST_SEMITONES
            or type(has_chords) is not bool
        ):
            raise _impossible(f"{TRANSPOSE} {semitones}, {CHORDS} {has_chords}"[:200])
        clef, octave = rest.pop(CLEF, ""), rest.pop(OCTAVE, 0)
        is_clef = isinstance(clef, str) and (not clef or clef in CLEFS)
        if not is_clef or type(octave) is not int or abs(octave) > MOST_OCTAVES:
            raise _impossible(f"{CLEF} {clef}, {OCTAVE} {octave}"[:200])
        try:
            return cls(Arrangement.from_dict(rest), semitones, has_chords, clef, octave)
        except MusicgenError as error:
            raise _impossible(error) from error

    def apply_to(self, tune: Tune) -> Tune:
        """A tune as it is written down then.

        Raises:
            NotationError: it cannot be spelled there.
        """
        return self.make_sheet(tune).tune

    def make_sheet(self, tune: Tune, original: Tune | None = None) -> Sheet:
        """The same, and where each note is in the text of `original` (that of `tune` if None).

        Raises:
            NotationError: it cannot be spelled there.
        """
        return make_sheet(
            tune, self.transpose, self.has_chords, original, clef=self.clef, octave=self.octave
        )


DANCED = PlaybackSettings(AS_DANCED)
"""How the pages play a tune by default."""


def _impossible(reason: object) -> ProvenanceError:
    return ProvenanceError("The file asks for what is not possible: {reason}", reason=reason)
