"""An independent reader of ABC to compare with: abc2midi (the `abcmidi` package) through mido."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import mido


class ReferenceNote(NamedTuple):
    """One sounding note in quarter notes, counted from the first note of the tune."""

    pitch: int
    onset: float
    duration: float


def is_installed() -> bool:
    """Whether abc2midi can be called."""
    return shutil.which("abc2midi") is not None


def read_notes(abc: str, *options: str) -> tuple[list[ReferenceNote], str]:
    """Notes in order of onset and pitch, and what abc2midi said; no notes when it wrote nothing."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "tune.abc"), Path(folder, "tune.mid")
        source.write_text(abc, encoding="utf-8")
        said = subprocess.run(
            ["abc2midi", str(source), "-o", str(target), *options],
            capture_output=True,
            timeout=20,
            check=False,
        ).stdout.decode("latin-1")
        return (_notes_of(mido.MidiFile(target)) if target.exists() else []), said


def _notes_of(midi: mido.MidiFile) -> list[ReferenceNote]:
    notes = []
    for track in midi.tracks:
        time, sounding = 0, {}
        for message in track:
            time += message.time
            if message.type == "note_on" and message.velocity:
                sounding.setdefault((message.channel, message.note), []).append(time)
            elif message.type in ("note_off", "note_on"):
                starts = sounding.get((message.channel, message.note))
                if starts:
                    start = starts.pop(0)
                    notes.append((start, message.note, time - start))
    notes.sort()
    quarter = midi.ticks_per_beat
    first = notes[0][0] if notes else 0
    return [ReferenceNote(p, (s - first) / quarter, d / quarter) for s, p, d in notes]
