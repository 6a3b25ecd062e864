"""MIDI to sound, by the best synthesiser that this machine has.

FluidSynth with a soundfont, else plucked strings computed with numpy. Sentences are English and
marked for translation; the pages translate them.
"""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from musicgen.audio import fluidsynth_renderer, string_synth
from musicgen.audio.midi import MAX_DURATION_S
from musicgen.audio.soundfonts import find_soundfonts
from musicgen.errors import AudioError
from musicgen.translatable import N_

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

logger = logging.getLogger(__name__)

SAMPLE_RATES = (8_000, 96_000)
"""Samples a second that can be asked for, lowest and highest."""

TAIL_S = 2.0
"""Silence after the last note for its echo to die away."""

PEAK_DB = -1.0
"""Loudest sample in dB of full scale: lossy formats need a little room above."""

_FADE_S = 0.25


INSTALL_ADVICE = {
    "linux": N_(
        "Install FluidSynth (on Debian and Ubuntu: sudo apt install libfluidsynth3), then start "
        "the app again."
    ),
    "darwin": N_("Install FluidSynth (brew install fluid-synth), then start the app again."),
    "win32": N_("Install FluidSynth (choco install fluidsynth), then start the app again."),
}
SOUNDFONT_ADVICE = N_(
    "A larger soundfont sounds better: install one such as MuseScore General or FluidR3, or set "
    "the environment variable SOUNDFONT to the path of an .sf2 file."
)
FLUID_SUMMARY = N_("FluidSynth: recorded instruments")
PLUCKED_SUMMARY = N_("Plucked string: computed, one sound for all instruments")


@dataclass(frozen=True)
class Rendering:
    """Sound in memory.

    `waveform` is (channels, samples) float32 between -1 and 1, `sample_rate` samples a second.
    `is_fallback` says that a better synthesiser exists but could not play.
    """

    waveform: npt.NDArray[np.float32]
    sample_rate: int
    synthesizer: str
    is_fallback: bool

    @property
    def duration_s(self) -> float:
        """Length in seconds, tail included."""
        return float(self.waveform.shape[1] / self.sample_rate)


@dataclass(frozen=True, slots=True)
class SynthesizerStatus:
    """A synthesizer: what it is, whether it can play, whether it is the one in use.

    `soundfont` is the file name of the soundfont in use, if any; `advice` says how to get this
    synthesizer or a better sound from it, empty where there is nothing to do.
    """

    name: str
    summary: str
    is_available: bool
    is_playing: bool
    soundfont: str = ""
    advice: str = ""


_RENDERERS: dict[str, Callable[["PrettyMIDI", int, int], npt.NDArray[np.float32]]] = {
    "fluidsynth": fluidsynth_renderer.render,
    "plucked": string_synth.render,
}
"""The synthesizers, best first."""


def available_synthesizers() -> tuple[SynthesizerStatus, ...]:
    """All synthesizers, best first; exactly one is playing."""
    has_fluid = fluidsynth_renderer.is_available()
    return (
        SynthesizerStatus(
            "fluidsynth",
            FLUID_SUMMARY,
            has_fluid,
            has_fluid,
            find_soundfonts()[0].name if has_fluid else "",
            _fluid_advice(has_fluid),
        ),
        SynthesizerStatus("plucked", PLUCKED_SUMMARY, True, not has_fluid),
    )


def _fluid_advice(has_fluid: bool) -> str:
    if fluidsynth_renderer.load_library() is None:
        return INSTALL_ADVICE.get(sys.platform, INSTALL_ADVICE["linux"])
    is_small = not has_fluid or find_soundfonts()[0].name.lower().startswith("timgm6mb")
    return SOUNDFONT_ADVICE if is_small else ""


def synthesize(
    midi: "PrettyMIDI", *, sample_rate: int = 44_100, synthesizer: str | None = None
) -> Rendering:
    """The sound of a MIDI file in stereo, its peak at -1 dB of full scale, with a tail of 2 s.

    Safe to call from several threads at once.

    Args:
        midi: what to play, at most 20 minutes.
        sample_rate: samples a second, 8,000–96,000.
        synthesizer: ``fluidsynth`` or ``plucked``; the best there is if None or ``auto``.

    Raises:
        AudioError: there are no notes, the piece is too long, the rate is out of bounds, or the
            synthesiser that was asked for does not exist or cannot play.
    """
    samples = _count_samples(midi, sample_rate)
    wanted = synthesizer or "auto"
    if wanted != "auto":
        if wanted not in _RENDERERS:
            raise AudioError(
                "There is no synthesiser named {name!r}. Choose from: {names}.",
                name=wanted,
                names=", ".join(("auto", *_RENDERERS)),
            )
        waveform = _RENDERERS[wanted](midi, sample_rate, samples)
        return _finished(waveform, sample_rate, wanted, is_fallback=False)
    if fluidsynth_renderer.is_available():
        try:
            waveform = fluidsynth_renderer.render(midi, sample_rate, samples)
            return _finished(waveform, sample_rate, "fluidsynth", is_fallback=False)
        except AudioError as error:
            logger.warning("FluidSynth cannot play: %s", error)
    waveform = string_synth.render(midi, sample_rate, samples)
    return _finished(waveform, sample_rate, "plucked", is_fallback=True)


def _count_samples(midi: "PrettyMIDI", sample_rate: int) -> int:
    low, high = SAMPLE_RATES
    if not low <= sample_rate <= high:
        raise AudioError(
            "The sample rate is {rate}; it must lie between {low} and {high}.",
            rate=sample_rate,
            low=low,
            high=high,
        )
    ends = [float(note.end) for instrument in midi.instruments for note in instrument.notes]
    if not ends:
        raise AudioError("There is nothing to play: the MIDI file has no notes.")
    if max(ends) > MAX_DURATION_S:
        raise AudioError(
            "The piece lasts {minutes:,.0f} minutes; more than {most} are not played.",
            minutes=max(ends) / 60,
            most=MAX_DURATION_S // 60,
        )
    return round((max(ends) + TAIL_S) * sample_rate)


def _finished(
    waveform: npt.NDArray[np.float32], sample_rate: int, synthesizer: str, *, is_fallback: bool
) -> Rendering:
    """A rendering whose end fades to silence and whose peak is where it belongs."""
    fade = min(round(_FADE_S * sample_rate), waveform.shape[1])
    waveform[:, waveform.shape[1] - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    peak = float(np.abs(waveform).max())
    if peak > 0.0:
        waveform *= np.float32(10 ** (PEAK_DB / 20) / peak)
    return Rendering(waveform, sample_rate, synthesizer, is_fallback)
