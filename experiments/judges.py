"""Other programs' opinions of a tune: abc2midi, music21 and abcjs, each asked in its own way."""

import json
import re
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

from musicgen.config import Paths
from musicgen.notation.model import Tune
from musicgen.notation.writing.abc_writer import write_abc

_COMPLAINT = re.compile(r"^Error|Bar \d+ has", re.MULTILINE)
_LIMIT_S = 20
TOLERANCE_QUARTERS = 0.04

_ABCJS = """
const abcjs = require(process.argv[1]);
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map((text) => {
  try { return (abcjs.parseOnly(text)[0].warnings || []).length; } catch (error) { return 1; }
})));
"""


def abc2midi_accepts(abc: str) -> bool:
    """Whether abc2midi writes a file and complains neither of an error nor of a bar's length."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "tune.abc"), Path(folder, "tune.mid")
        source.write_text(abc, encoding="utf-8")
        said = subprocess.run(
            ["abc2midi", str(source), "-o", str(target)],
            capture_output=True, timeout=_LIMIT_S, check=False,
        ).stdout.decode("latin-1")  # fmt: skip
        return target.exists() and not _COMPLAINT.search(said)


def music21_agrees(tune: Tune) -> bool:
    """Whether music21 reads our normalised ABC with the same notes, repeats expanded."""
    ours = sorted(
        (float(note.onset), note.pitch, float(note.duration)) for note in tune.performance
    )
    try:
        theirs = _music21_notes(write_abc(tune))
    except Exception:  # noqa: BLE001 - whatever it dies of, it does not agree
        return False
    return len(ours) == len(theirs) and all(
        a[1] == b[1]
        and abs(a[0] - b[0]) < TOLERANCE_QUARTERS
        and abs(a[2] - b[2]) < TOLERANCE_QUARTERS
        for a, b in zip(ours, theirs, strict=True)
    )


def _music21_notes(abc: str) -> list[tuple[float, int, float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21 import converter

        part: Any = converter.parseData(abc, format="abc").parts[0]
        played = part.expandRepeats().stripTies().flatten().notes
        return sorted(
            (float(note.offset), pitch.midi, float(note.quarterLength))
            for note in played
            if "ChordSymbol" not in note.classes
            for pitch in note.pitches
        )


def tonic_agrees(tune: Tune) -> bool:
    """Whether music21's key analysis (Krumhansl and Schmuckler) finds the tonic of the key field.

    The analysis knows major and minor only; of other modes, too, the tonic alone is compared.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21 import note, stream

        line = stream.Part()
        for played in tune.performance:
            line.append(note.Note(played.pitch, quarterLength=float(played.duration)))
        found: Any = line.analyze("key")
    return bool(found.tonic.name.replace("-", "b") == tune.key.tonic)


def count_abcjs_warnings(texts: list[str]) -> list[int]:
    """How many warnings abcjs has for each text, as the page gives it to be engraved."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("node is missing: abcjs cannot be asked")
    done = subprocess.run(
        [node, "-e", _ABCJS, str(Paths.default().abcjs)],
        input=json.dumps(texts), capture_output=True, text=True, check=True,
    )  # fmt: skip
    counts: list[int] = json.loads(done.stdout)
    return counts
