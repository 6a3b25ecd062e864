"""A composed tune with its sound and score."""

from dataclasses import dataclass, field

from musicgen.errors import AudioError
from musicgen.notation.display.score_view import Sheet
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.composer import Composition
from musicgen.ui.tune.request import Request

Moment = tuple[int, float, float]
"""Where a note is written, when it begins to sound and for how long, in seconds."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A tune as files, and the moments at which its notes sound (as `audio.midi.timeline`).

    `is_fallback` says that this machine could sound better, with a synthesiser it does not have.
    """

    wav: bytes
    midi: bytes
    moments: tuple[Moment, ...]
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class Performance:
    """A composed tune with its sound, played and written as `listening` says.

    `silence` is why there is no sound; `sheet` the tune as it is read, if not as it was composed;
    `text` what `abc` is, where it has been written already.
    """

    request: Request
    composition: Composition
    sound: Sound | None
    silence: AudioError | None = None
    listening: PlaybackSettings = field(default_factory=PlaybackSettings)
    sheet: Sheet | None = None
    text: str = ""

    @property
    def tune(self) -> Tune:
        """The tune as it is shown and played."""
        return self.sheet.tune if self.sheet else self.composition.public_tune

    @property
    def abc(self) -> str:
        """The same as a file, with its provenance."""
        return self.text or self.composition.to_abc(self.listening.to_values(), self.tune)
