"""Sound as the bytes of a file: WAV, compressed audio and MIDI, each with its provenance inside.

This module writes nothing to disk: `musicgen.storage.write_file` does that safely.

Arrays: waveforms (channels, samples) float32 between -1 and 1.
"""

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from musicgen.errors import AudioError

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

AUDIO_FORMATS: dict[str, tuple[str, str]] = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
"""Audio formats by the suffix of their files, with libsndfile's names for them."""

MIME_TYPES = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "mid": "audio/midi",
}
"""Media types by suffix, for a browser."""

MAX_COMMENT_BYTES = 2_000
"""Bytes of a comment that are kept, as UTF-8: libsndfile skips longer ones when it reads WAV."""

_WRITTEN_AT_ONCE = 1 << 16  # samples; libsndfile's Vorbis encoder overruns the stack with millions


def wav_bytes(waveform: npt.NDArray[np.float32], sample_rate: int, comment: str = "") -> bytes:
    """A WAV file of 16 bits a sample; the comment stands in its ``LIST``/``INFO`` chunk (ICMT).

    Raises:
        AudioError: the waveform is not one.
    """
    return audio_bytes(waveform, sample_rate, "wav", comment)


def audio_bytes(
    waveform: npt.NDArray[np.float32], sample_rate: int, suffix: str, comment: str = ""
) -> bytes:
    """An audio file in one of `AUDIO_FORMATS`, with a comment in its metadata.

    Args:
        waveform: (channels, samples), one or two channels; what exceeds ±1 is clipped.
        sample_rate: samples a second; MP3 and OGG take only the usual ones.
        suffix: ``wav``, ``flac``, ``ogg`` or ``mp3``.
        comment: provenance, as UTF-8, cut at `MAX_COMMENT_BYTES`; MP3 gets ASCII, with other
            characters as their numbers. Nothing is written if empty.

    Raises:
        AudioError: the format is unknown, does not know the rate, or the waveform is not one.
    """
    import soundfile

    if suffix not in AUDIO_FORMATS:
        raise AudioError(
            "There is no format {name!r}. Choose from: {names}.",
            name=suffix,
            names=", ".join(AUDIO_FORMATS),
        )
    if waveform.ndim != 2 or not 1 <= waveform.shape[0] <= 2 or not np.isfinite(waveform).all():
        raise AudioError("The sound cannot be saved: it is not a finite mono or stereo waveform.")
    container, subtype = AUDIO_FORMATS[suffix]
    buffer = io.BytesIO()
    try:
        with soundfile.SoundFile(
            buffer, "w", sample_rate, waveform.shape[0], subtype, format=container
        ) as file:
            if comment:
                file.comment = _fitting(comment, suffix)
            for start in range(0, waveform.shape[1], _WRITTEN_AT_ONCE):
                file.write(waveform[:, start : start + _WRITTEN_AT_ONCE].T)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            "The sound cannot be saved as {format}: {reason}", format=suffix, reason=str(error)
        ) from error
    return buffer.getvalue()


def _fitting(comment: str, suffix: str) -> str:
    if suffix == "mp3":  # libsndfile would store UTF-8 and call it Latin-1
        comment = comment.encode("ascii", "backslashreplace").decode("ascii")
    return comment.encode()[:MAX_COMMENT_BYTES].decode(errors="ignore")


def midi_bytes(midi: "PrettyMIDI") -> bytes:
    """A standard MIDI file (format 1) with everything the object holds."""
    buffer = io.BytesIO()
    midi.write(buffer)
    return buffer.getvalue()
