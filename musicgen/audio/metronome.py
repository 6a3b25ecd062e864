"""Clicks and a drone as sound, each computed to the sample: no synthesizer has a say in the beat.

Arrays: waveforms (2, samples) float32.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]

_STRENGTHS = ((2_200.0, 0.55), (1_650.0, 0.4), (1_250.0, 0.26))
"""Frequency in Hz and peak of the clicks at the beginning of a bar, at its middle and on a beat."""

CLICK_S = 0.04
"""Length of a click."""

_FALL_S = 0.008
_DRONE_LOOP_S = 4  # whole seconds: partials of quarters of a Hz come round without a seam
_DRONE_PARTIALS = 8
_DRONE_PEAK = 0.12
_DRONE_FADE_S = 0.3


@dataclass(frozen=True, slots=True)
class Click:
    """A click at a moment in seconds; `rank` is 0 at the beginning of a bar, 1 at its middle, 2."""

    at_s: float
    rank: int


def add_clicks(waveform: Waveform, clicks: Iterable[Click], sample_rate: int) -> None:
    """Adds clicks to a sound, in place; what is beyond its end is left out.

    Args:
        waveform: The sound.
        clicks: What is to be heard.
        sample_rate: Samples a second.
    """
    for click in clicks:
        sound = _click(click.rank, sample_rate)
        start = round(click.at_s * sample_rate)
        room = min(sound.size, waveform.shape[1] - start)
        if room > 0:
            waveform[:, start : start + room] += sound[:room]


@lru_cache(maxsize=12)
def _click(rank: int, sample_rate: int) -> Waveform:
    """A tone that is at its loudest within half a millisecond and dies away at once."""
    frequency, peak = _STRENGTHS[rank]
    time_s = np.arange(round(CLICK_S * sample_rate)) / sample_rate
    rise = np.minimum(time_s / 0.0003, 1.0)
    tone = np.sin(2 * np.pi * frequency * time_s) * np.exp(-time_s / _FALL_S) * rise
    return np.asarray(peak * tone / np.abs(tone).max(), np.float32)


def add_drone(waveform: Waveform, pitch: int, sample_rate: int) -> None:
    """Adds a tonic and the fifth above it to all of a sound, in place.

    Args:
        waveform: The sound.
        pitch: MIDI pitch of the tonic.
        sample_rate: Samples a second.
    """
    time_s = np.arange(_DRONE_LOOP_S * sample_rate) / sample_rate
    loop = np.zeros(time_s.size)
    for tone, share in ((pitch, 1.0), (pitch + 7, 0.6)):
        frequency = 440.0 * 2 ** ((tone - 69) / 12)
        for number in range(1, _DRONE_PARTIALS + 1):
            partial = round(frequency * number * _DRONE_LOOP_S) / _DRONE_LOOP_S
            loop += share * np.sin(2 * np.pi * partial * time_s + number**2) / number**1.3
    loop *= _DRONE_PEAK / np.abs(loop).max()
    count = waveform.shape[1]
    drone = np.resize(loop.astype(np.float32), count)
    fade = min(round(_DRONE_FADE_S * sample_rate), count // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    drone[:fade] *= ramp
    drone[count - fade :] *= ramp[::-1]
    waveform += drone
