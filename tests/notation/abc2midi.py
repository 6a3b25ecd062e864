"""An independent reader of ABC to compare with: abc2midi (the `abcmidi` package) through mido."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import mido

from musicgen.notation.model import Tune


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
            timeout=120,
            check=False,
        ).stdout.decode("latin-1")
        return (_notes_of(mido.MidiFile(target)) if target.exists() else []), said


def plain(abc: str) -> str:
    """The text without what abc2midi realises in a way of its own, and the standard leaves open.

    Chord symbols (strummed), ornaments and staccato (played out), rhythms (hornpipes are swung) and
    texts above the music go; chords are struck at once.
    """
    lines = []
    for line in abc.splitlines():
        if re.match(r"\s*[RQNI]:(?![|:])|\s*%", line):
            continue
        if not re.match(r"\s*[A-Za-z+]:(?![|:])", line):
            line = _bare_music(line)
        lines.append(line)
    text = "\n".join(lines) + "\n"
    return re.sub(r"(?m)^(K:.*)$", r"%%MIDI chordattack 0\n\1", text, count=1)


def _bare_music(line: str) -> str:
    line = re.sub(r"%.*", "", line)
    line = re.sub(r'(?<!\[)"[^"]*"', "", line)
    line = re.sub(r"!([a-zA-Z.]{2,}|[<>]\(|[<>]\)|\d)!", "", line)
    line = re.sub(r"\[[IrRN]:[^\]]*\]", "", line)
    return re.sub(r"[~HLMOPSTJRuv](?![:\]])|\.(?!\|)", "", line)


def with_repeats_written(tune: Tune) -> str:
    """The text of a tune with ``|:`` at every place that its repeats go back to."""
    back = {
        later
        for earlier, later in zip(tune.play_order, tune.play_order[1:], strict=False)
        if later <= earlier
    }
    text = tune.text
    for index in sorted(back, reverse=True):
        bar = tune.bars[index]
        if not bar.opening.endswith(":"):
            before = tune.bars[index - 1]
            start = before.end + len(before.closing) if index else bar.start
            text = f"{text[:start]}|:{text[start:]}"
    return text


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
