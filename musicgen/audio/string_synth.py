"""A plucked string computed from nothing: what plays where FluidSynth is missing.

A string of Karplus and Strong is a loop of one period that a filter softens at every turn. Its
overtone k has a frequency of k·f₀ and shrinks by the same factor each turn, so the sound can be
written down directly (D. Jaffe and J. Smith, "Extensions of the Karplus-Strong plucked-string
algorithm", Computer Music Journal 7:2, 1983): no loop over samples, and exactly in tune.

Every pitch of the piece is computed once, as two strings a hair apart for left and right.
Arrays: K overtones; waveforms (2, samples) float32.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pretty_midi import Instrument, Note, PrettyMIDI

RING_S = 3.0
"""Seconds after which a string is silent, however long the note is."""

_DETUNE_CENTS = 1.5
_PLUCK_PLACE = 0.21  # of the string's length: overtones with a node there are missing
_LOSS = 0.996  # of the loop at every turn, beside what the filter takes
_ATTACK_S = 0.002
_RELEASE_S = 0.09
_BLOCK = 512
_BEHIND = 0.6  # of the loudness of the melody, for who plays along: all have the same string here
_ROOM_S = 0.9
_ROOM_LEVEL = 0.16

Waveform = npt.NDArray[np.float32]


def render(midi: "PrettyMIDI", sample_rate: int, samples: int) -> Waveform:
    """The first `samples` samples of all instruments, (2, samples), not normalised.

    All programs sound like the same string; drums are short bursts of noise.
    """
    dry = np.zeros((2, samples), dtype=np.float32)
    for number, instrument in enumerate(midi.instruments):
        gain = np.float32(_gain(instrument) * (_BEHIND if number else 1.0))
        for note in instrument.notes:
            sound = _drum(sample_rate) if instrument.is_drum else _string(note.pitch, sample_rate)
            played = _played(sound, note, sample_rate) * gain
            _add(dry, played, round(note.start * sample_rate))
    return dry + _in_a_room(dry, sample_rate)


def _gain(instrument: "Instrument") -> float:
    """What the first volume event (CC 7) of an instrument asks for, beside the usual 100."""
    volumes = [event.value for event in instrument.control_changes if event.number == 7]
    return (volumes[0] / 100) ** 2 if volumes else 1.0


def _add(waveform: Waveform, sound: Waveform, start: int) -> None:
    length = max(0, min(sound.shape[1], waveform.shape[1] - start))
    waveform[:, start : start + length] += sound[:, :length]


def _played(sound: Waveform, note: "Note", sample_rate: int) -> Waveform:
    """A string as long and as loud as the note, damped after its end."""
    held = round((note.end - note.start) * sample_rate)
    release = np.exp(-np.arange(4 * round(_RELEASE_S * sample_rate)) / (_RELEASE_S * sample_rate))
    played: Waveform = sound[:, : held + release.size] * np.float32((note.velocity / 127) ** 1.5)
    damped = played[:, held:]
    damped *= release[: damped.shape[1]].astype(np.float32)
    return played


@lru_cache(maxsize=32)  # a megabyte each
def _string(pitch: int, sample_rate: int) -> Waveform:
    """Two strings of one pitch, left and right, for `RING_S` seconds."""
    frequency = 440.0 * 2.0 ** ((pitch - 69) / 12)
    left, right = (
        _pluck(frequency * 2.0 ** (cents / 1200), sample_rate)
        for cents in (-_DETUNE_CENTS, _DETUNE_CENTS)
    )
    lean = np.clip((pitch - 72) / 60, -0.3, 0.3)  # low strings to the left, as at a piano
    return np.stack([left * np.float32(1 - lean), right * np.float32(1 + lean)])


def _pluck(frequency: float, sample_rate: int) -> Waveform:
    """One string: the sum over k of a_k · r_k^(f₀t) · sin(2πk·f₀t), (samples,).

    With r_k = loss · cos(πk·f₀/rate), the gain at overtone k of the filter that takes the mean of
    two samples. The powers of each overtone are an outer product of powers by block and powers
    within a block, which makes the sum a product of matrices.
    """
    overtones = np.arange(1, min(48, int(0.45 * sample_rate / frequency) + 1))
    turn = frequency / sample_rate
    shrink = _LOSS * np.cos(np.pi * overtones * min(turn, 0.02))
    per_sample = np.log(shrink) * turn + 2j * np.pi * overtones * turn
    strength = np.sin(np.pi * overtones * _PLUCK_PLACE) / overtones**1.4
    blocks = -(-round(RING_S * sample_rate) // _BLOCK)
    by_block = strength * np.exp(np.outer(np.arange(blocks) * _BLOCK, per_sample))  # (blocks, K)
    within = np.exp(np.outer(per_sample, np.arange(_BLOCK)))  # (K, block)
    sound: Waveform = (by_block @ within).imag.ravel().astype(np.float32)
    attack = round(_ATTACK_S * sample_rate)
    sound[:attack] *= np.linspace(0.0, 1.0, attack)
    fade = round(0.1 * sample_rate)
    sound[-fade:] *= np.linspace(1.0, 0.0, fade)
    return sound


@lru_cache(maxsize=4)
def _drum(sample_rate: int) -> Waveform:
    random = np.random.default_rng(0)
    time_s = np.arange(round(0.15 * sample_rate)) / sample_rate
    burst = random.standard_normal((2, time_s.size)) * np.exp(-time_s / 0.03) * 0.3
    return burst.astype(np.float32)


def _in_a_room(dry: Waveform, sample_rate: int) -> Waveform:
    """The echo of a small room: the sound convolved with fading noise, each side its own."""
    random = np.random.default_rng(1)
    time_s = np.arange(round(_ROOM_S * sample_rate)) / sample_rate
    noise = random.standard_normal((2, time_s.size)) * np.exp(-time_s / (_ROOM_S / 5))
    noise[:, : round(0.008 * sample_rate)] = 0.0
    noise = np.apply_along_axis(np.convolve, 1, noise, np.full(6, 1 / 6), "same")  # walls dull it
    noise *= _ROOM_LEVEL / np.sqrt((noise**2).sum(axis=1, keepdims=True))
    return _convolved(dry, noise.astype(np.float32))


def _convolved(signal: Waveform, response: Waveform) -> Waveform:
    """Linear convolution of each channel, cut to the length of the signal, by overlap and add."""
    length = response.shape[1]
    size = 2 << length.bit_length()  # a power of two: others can be ten times slower
    step = size - length + 1
    spectrum = np.fft.rfft(response, size)
    result = np.zeros((2, signal.shape[1] + size), dtype=np.float32)
    for start in range(0, signal.shape[1], step):
        piece = np.fft.rfft(signal[:, start : start + step], size)
        result[:, start : start + size] += np.fft.irfft(piece * spectrum, size)
    convolved: Waveform = result[:, : signal.shape[1]]
    return convolved
