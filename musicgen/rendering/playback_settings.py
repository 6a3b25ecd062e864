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
from musicgen.notation.display.score_view import make_sheet
from musicgen.notation.model import Tune

TRANSPOSE, CHORDS = "transpose", "chords"
MOST_SEMITONES = 24
"""By which a tune can be moved."""

_NAMES = frozenset(info.name for info in describe(Arrangement)) - {TRANSPOSE}


AS_DANCED = Arrangement(lilt=1.0, ornaments=True)
"""How a composed tune is played by default, on a page or in the terminal."""


@dataclass(frozen=True, slots=True)
class PlaybackSettings:
    """How a tune is played, and how it is written down.

    `transpose` moves the sheet music and with it the sound, -24..24 semitones; `has_chords` names
    the chords above the staff.
    """

    arrangement: Arrangement = field(default_factory=Arrangement)
    transpose: int = 0
    has_chords: bool = False

    def to_values(self) -> dict[str, Any]:
        """JSON-ready values of what is not as written; empty for a tune as it was composed."""
        plain, values = Arrangement().to_dict(), self.arrangement.to_dict()
        found = {name: values[name] for name in sorted(_NAMES) if values[name] != plain[name]}
        found |= {TRANSPOSE: self.transpose} if self.transpose else {}
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
        try:
            return cls(Arrangement.from_dict(rest), semitones, has_chords)
        except MusicgenError as error:
            raise _impossible(error) from error

    def apply_to(self, tune: Tune) -> Tune:
        """A tune as it is written down then.

        Raises:
            NotationError: it cannot be spelled there.
        """
        return make_sheet(tune, self.transpose, self.has_chords).tune


DANCED = PlaybackSettings(AS_DANCED)
"""How the pages play a tune by default."""


def _impossible(reason: object) -> ProvenanceError:
    return ProvenanceError("The file asks for what is not possible: {reason}", reason=reason)
