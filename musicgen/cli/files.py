"""A tune as files: ABC, MusicXML, MIDI and WAV."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musicgen.notation.musicxml import write_musicxml
from musicgen.notation.tune import Tune
from musicgen.storage import write_file

if TYPE_CHECKING:
    from musicgen.audio.arrangement import Arrangement

FORMATS = ("abc", "musicxml", "midi", "wav")
_SUFFIXES = {"abc": ".abc", "musicxml": ".musicxml", "midi": ".mid", "wav": ".wav"}


def write_tune(
    folder: Path,
    stem: str,
    abc: str,
    tune: Tune,
    formats: Sequence[str],
    comment: str = "",
    arrangement: "Arrangement | None" = None,
) -> list[Path]:
    """Writes a tune in each format and returns the files.

    Args:
        folder: Made if it is not there.
        stem: Name of the files without their endings.
        abc: The text for the ABC file.
        tune: The same tune, as it was read.
        formats: Of `FORMATS`.
        comment: Provenance, kept in the MIDI and WAV files.
        arrangement: How MIDI and WAV play it; exactly as written if None.

    Raises:
        AudioError: the tune has no sound.
        StorageError: a file cannot be written.
    """
    from musicgen.audio.files import midi_bytes, wav_bytes
    from musicgen.audio.midi import to_midi
    from musicgen.audio.synthesis import synthesize

    contents: dict[str, bytes] = {}
    if "abc" in formats:
        contents["abc"] = abc.encode("utf-8")
    if "musicxml" in formats:
        contents["musicxml"] = write_musicxml(tune).encode("utf-8")
    if "midi" in formats or "wav" in formats:
        midi = to_midi(tune, arrangement, comment=comment)
        contents["midi"] = midi_bytes(midi)
        if "wav" in formats:
            rendering = synthesize(midi)
            contents["wav"] = wav_bytes(rendering.waveform, rendering.sample_rate, comment)
    written = []
    for name in formats:
        path = folder / f"{stem}{_SUFFIXES[name]}"
        write_file(path, contents[name])
        written.append(path)
    return written
