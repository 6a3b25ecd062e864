"""The sound of a tune for people who are not to know where it is from.

All tunes have one instrument, one manner of playing, and one loudness: `LOUDNESS_LUFS` after ITU-R
BS.1770-4, as broadcasters level theirs (EBU R 128). The files carry no title, no comment and no
name.
"""

import numpy as np
import numpy.typing as npt

from musicgen.audio.files import audio_bytes
from musicgen.audio.midi import to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import AS_DANCED

LOUDNESS_LUFS = -23.0
MOST_PEAK = 0.89
"""Loudest sample, 1 dB below full scale: a tune that would exceed it is levelled lower."""

FADE_S = 1.0
SOUND_FORMAT = "mp3"


def blind_sound(tune: Tune, seconds: int = 0) -> bytes:
    """An MP3 file of a tune, levelled, with nothing in it but the sound.

    Args:
        tune: What is played.
        seconds: Where it is faded out, if it is longer; 0 for never.

    Raises:
        AudioError: the tune has no notes, or nothing can play it.
    """
    rendering = synthesize(to_midi(tune, AS_DANCED))
    waveform = rendering.waveform
    if seconds:
        waveform = _cut(waveform, seconds, rendering.sample_rate)
    return audio_bytes(level(waveform, rendering.sample_rate), rendering.sample_rate, SOUND_FORMAT)


def level(waveform: npt.NDArray[np.float32], sample_rate: int) -> npt.NDArray[np.float32]:
    """A waveform, (channels, samples), at the loudness of all; silence stays silent."""
    loudness = measure_loudness(waveform, sample_rate)
    if not np.isfinite(loudness):
        return waveform
    gain = 10 ** ((LOUDNESS_LUFS - loudness) / 20)
    peak = float(np.abs(waveform).max())
    levelled: npt.NDArray[np.float32] = waveform * np.float32(min(gain, MOST_PEAK / peak))
    return levelled


def measure_loudness(waveform: npt.NDArray[np.float32], sample_rate: int) -> float:
    """The integrated loudness of (channels, samples) in LUFS; minus infinity for silence."""
    import pyloudnorm

    meter = pyloudnorm.Meter(sample_rate)
    shortest = round(meter.block_size * sample_rate) + 1
    if waveform.shape[1] < shortest:
        waveform = np.pad(waveform, ((0, 0), (0, shortest - waveform.shape[1])))
    with np.errstate(divide="ignore"):
        return float(meter.integrated_loudness(waveform.T))


def _cut(
    waveform: npt.NDArray[np.float32], seconds: int, sample_rate: int
) -> npt.NDArray[np.float32]:
    """The beginning of a waveform, faded out at its end."""
    length = seconds * sample_rate
    if waveform.shape[1] <= length:
        return waveform
    cut = waveform[:, :length].copy()
    fade = round(FADE_S * sample_rate)
    cut[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return cut
