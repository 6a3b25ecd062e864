"""Recorded instruments: renders MIDI with FluidSynth and a soundfont.

pretty_midi's own `fluidsynth` method gives mono, makes a synthesiser for each instrument, cuts the
tail and normalises to full scale. Here one synthesiser plays all instruments in stereo.

Arrays: (2, samples) float32, left and right.
"""

import ctypes
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from musicgen.audio.soundfonts import find_soundfonts
from musicgen.errors import AudioError

if TYPE_CHECKING:
    from pretty_midi import Instrument, PrettyMIDI

logger = logging.getLogger(__name__)

GAIN = 0.5
"""Level inside FluidSynth; samples are floats, so nothing clips before the peak is set."""

REVERB = {"roomsize": 0.5, "damping": 0.3, "width": 0.8, "level": 0.35}
"""A small room; without it the instruments sound pasted on."""

_SETTINGS = {
    "synth.chorus.active": 0,
    "synth.dynamic-sample-loading": 1,  # a large soundfont costs only what is played of it
    "synth.lock-memory": 0,  # locking fails in containers
    "synth.polyphony": 64,  # strings ring on: the faintest are let go
}
_DRUM_BANK = 128
_WARM = 12
_loading = threading.Lock()
_warming = threading.Lock()
_warm: dict[str, Any] = {}
_LOG_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


def _log(level: int, message: bytes | None, _data: int | None) -> None:
    """Takes FluidSynth's messages, which would go to standard error."""
    logger.debug("FluidSynth (%d): %s", level, (message or b"").decode(errors="replace"))


_log_handler = _LOG_HANDLER(_log)  # kept for ever: the library calls it at any time


def is_available() -> bool:
    """Whether FluidSynth's library and a soundfont are on this machine."""
    return load_library() is not None and bool(find_soundfonts())


def load_library() -> ModuleType | None:
    """pyfluidsynth with quiet logging, or None where the system's library is missing."""
    with _loading:
        return _load_once()


@lru_cache(maxsize=1)
def _load_once() -> ModuleType | None:
    try:
        import fluidsynth
    except (ImportError, OSError, AttributeError) as error:
        # pyfluidsynth looks for the library when it is imported, and a broken one fails as well.
        logger.info("FluidSynth cannot be used: %s", error)
        # pretty_midi imports it as well, and forgives only that it is not there.
        sys.modules["fluidsynth"] = None  # type: ignore[assignment]
        return None
    set_handler = fluidsynth.cfunc(
        "fluid_set_log_function",
        ctypes.c_void_p,
        ("level", ctypes.c_int, 1),
        ("fun", _LOG_HANDLER, 1),
        ("data", ctypes.c_void_p, 1),
    )
    for level in range(5):
        set_handler(level, _log_handler, None)
    module: ModuleType = fluidsynth
    return module


def render(midi: "PrettyMIDI", sample_rate: int, samples: int) -> npt.NDArray[np.float32]:
    """The first `samples` samples of all instruments together, (2, samples), not normalised.

    Safe to call from several threads: each call has a synthesiser of its own.

    Raises:
        AudioError: FluidSynth is missing, or no soundfont can be read.
    """
    library = load_library()
    if library is None:
        raise AudioError("FluidSynth is not installed on this machine.")
    waveform = np.zeros((2, samples), dtype=np.float32)
    channels = 16 * -(-len(midi.instruments) // 16)
    _keep_warm(library, midi)
    with _synth(library, sample_rate, max(channels, 16)) as synth:
        soundfont = _load_soundfont(synth)
        for channel, instrument in enumerate(midi.instruments):
            _select(synth, channel, soundfont, instrument)
        write = _float_writer(library, synth, waveform)
        now = 0
        for moment, _, action, *values in _events(midi, sample_rate):
            now = write(now, min(moment, samples))
            getattr(synth, action)(*values)
        write(now, samples)
    return waveform


def _keep_warm(library: ModuleType, midi: "PrettyMIDI") -> None:
    """Has the recordings that a piece needs held in memory, those of the last `_WARM` instruments.

    FluidSynth shares recordings among synthesisers as long as one uses them. A compressed piano
    takes seconds to unpack, many times what it takes to play a tune on it.
    """
    with _warming:
        if not _warm:
            _warm["synth"] = library.Synth(GAIN, 44_100.0, _WARM, **_SETTINGS)
            _warm["soundfonts"] = {}
            _warm["presets"] = {}
        synth, presets = _warm["synth"], _warm["presets"]
        path = next(iter(find_soundfonts()), None)
        known = _warm["soundfonts"]
        if path not in known:
            known[path] = int(synth.sfload(str(path))) if path else -1
        for instrument in midi.instruments:
            preset = (known[path], instrument.is_drum, instrument.program)
            used = presets.pop(preset, None)
            if used is None:
                used = len(presets) if len(presets) < _WARM else presets.pop(next(iter(presets)))
                if known[path] >= 0:
                    _select(synth, used, known[path], instrument)
            presets[preset] = used


@contextmanager
def _synth(library: ModuleType, sample_rate: int, channels: int) -> Iterator[Any]:
    with _loading:
        synth = library.Synth(GAIN, float(sample_rate), channels, **_SETTINGS)
    try:
        synth.set_reverb(**REVERB)
        yield synth
    finally:
        with _loading:
            synth.delete()


def _load_soundfont(synth: Any) -> int:
    for path in find_soundfonts():
        soundfont = int(synth.sfload(str(path)))
        if soundfont >= 0:
            return soundfont
        logger.warning("The soundfont %s cannot be read: trying the next.", path)
    raise AudioError(
        "No soundfont can be read. Set the environment variable SOUNDFONT to the path of a "
        "General MIDI soundfont (.sf2)."
    )


def _select(synth: Any, channel: int, soundfont: int, instrument: "Instrument") -> None:
    bank = _DRUM_BANK if instrument.is_drum else 0
    if synth.program_select(channel, soundfont, bank, instrument.program) != 0:
        logger.warning("The soundfont has no program %d: using 0.", instrument.program)
        synth.program_select(channel, soundfont, bank, 0)


def _events(midi: "PrettyMIDI", sample_rate: int) -> list[tuple[Any, ...]]:
    """``(sample, order, method, *arguments)`` in time; releases before what is struck with them."""
    events: list[tuple[Any, ...]] = []

    def add(time_s: float, order: int, *action: Any) -> None:
        events.append((round(time_s * sample_rate), order, *action))

    for channel, instrument in enumerate(midi.instruments):
        for note in instrument.notes:
            add(note.end, 0, "noteoff", channel, note.pitch)
            add(note.start, 2, "noteon", channel, note.pitch, note.velocity)
        for change in instrument.control_changes:
            add(change.time, 1, "cc", channel, change.number, change.value)
        for bend in instrument.pitch_bends:
            add(bend.time, 1, "pitch_bend", channel, bend.pitch)
    return sorted(events)


def _float_writer(library: ModuleType, synth: Any, waveform: npt.NDArray[np.float32]) -> Any:
    """A function that renders from one sample to another into `waveform` and returns the latter.

    pyfluidsynth wraps only the 16-bit form of this call, which clips and adds noise.
    """
    call = library.cfunc(
        "fluid_synth_write_float",
        ctypes.c_int,
        ("synth", ctypes.c_void_p, 1),
        ("len", ctypes.c_int, 1),
        ("left", ctypes.c_void_p, 1),
        ("left_offset", ctypes.c_int, 1),
        ("left_step", ctypes.c_int, 1),
        ("right", ctypes.c_void_p, 1),
        ("right_offset", ctypes.c_int, 1),
        ("right_step", ctypes.c_int, 1),
    )
    left, right = (channel.ctypes.data for channel in waveform)

    def write(start: int, end: int) -> int:
        if end > start:
            call(synth.synth, end - start, left, start, 1, right, start, 1)
        return max(start, end)

    return write
