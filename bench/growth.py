"""``python -m bench.growth``: what becomes of the time when a text or a file grows twofold.

Texts that lay traps (one endless bar, thousands of rests, repeats or parts within the bounds) are
given to everything that a visitor can set off with a link, a text or a MIDI file. Prints processor
seconds at each size; the last column is the time of the last doubling over that of the one before,
2 where time is linear.
"""

import argparse
import contextlib
import io
import random
import sys
import time
from collections.abc import Callable

import mido

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.midi import timeline, to_midi
from musicgen.errors import MusicgenError
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.analysis.fingerprint import melody
from musicgen.notation.analysis.harmony import harmonise
from musicgen.notation.display.layout import break_lines
from musicgen.notation.display.note_names import with_note_names
from musicgen.notation.display.score_view import make_sheet
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.transcription.transcriber import transcribe
from musicgen.notation.writing.abc_writer import write_abc
from musicgen.notation.writing.musicxml import write_musicxml
from musicgen.notation.writing.repeat_starts import write_repeat_starts
from musicgen.notation.writing.transposition import transpose

HEADER = "X:1\nM:4/4\nL:1/8\nQ:1/4=1000\nP:A30\nK:D\n"
ALL = Arrangement(accompaniment="guitar", drum=True, lilt=1.0, ornaments=True)

TEXTS: dict[str, Callable[[int], str]] = {
    "reel": lambda n: "ABcd efga|" * (n // 10),
    "one bar": lambda n: "ABcd" * (n // 4),
    "rests": lambda n: "Z" * n,
    "rest bars": lambda n: "Z100|" * (n // 5),
    "repeats": lambda n: "A:|" * (n // 3),
    "many times": lambda n: "ABcd efga::::::::|" * (n // 18),
    "endings": lambda n: "A|1-11 B:|12 c:|" * (n // 16),
    "parts": lambda n: "P:A\n" + "A|" * (n // 2),
    "jumps": lambda n: '!segno!A"D.S."|' * (n // 15),
    "chords": lambda n: '"G"A"D7"B"Am"c"Em"d' * (n // 19),
    "tempi": lambda n: "[Q:1/4=90]A[Q:1/4=80]B" * (n // 22),
    "keys": lambda n: "[K:G]A[K:D]B|" * (n // 13),
    "meters": lambda n: "[M:3/4]A[M:5/4]B|" * (n // 17),
    "graces": lambda n: "{gfed}A" * (n // 7),
    "ornaments": lambda n: "~A8 TB16 " * (n // 9),
    "long notes": lambda n: "A99-" * (n // 4),
    "chord signs": lambda n: "[CEGc]" * (n // 6),
    "ties": lambda n: "A-" * (n // 2),
    "tuplets": lambda n: "(3ABc" * (n // 5),
    "broken": lambda n: "A>B<" * (n // 4),
    "quotes": lambda n: '"' * n,
    "brackets": lambda n: "[" * n,
    "braces": lambda n: "{" * n,
    "marks": lambda n: "!" * n,
    "bar lines": lambda n: "|:" * (n // 2),
    "line ends": lambda n: "!a" * (n // 2),
    "overlays": lambda n: "A&B" * (n // 3),
    "fields": lambda n: "K:" * (n // 2),
    "short lines": lambda n: "A|\n" * (n // 3),
    "voices": lambda n: "".join(f"[V:{k}]A|" for k in range(n // 9)),
    "signs": lambda n: "^" * n,
    "nothing": lambda n: "\n" * n,
}


def _listen(text: str) -> None:
    tune, _ = read_tune(text)
    timeline(tune, ALL)
    to_midi(tune, ALL)


STEPS: dict[str, Callable[[str], object]] = {
    "read": read_tune,
    "check": lambda text: check_bars(read_tune(text)[0]),
    "write": lambda text: write_abc(read_tune(text)[0]),
    "repeats": lambda text: write_repeat_starts(read_tune(text)[0]),
    "engrave": lambda text: with_note_names(break_lines(tune := read_tune(text)[0]), tune),
    "musicxml": lambda text: write_musicxml(read_tune(text)[0]),
    "transpose": lambda text: transpose(text, 3),
    "harmonise": lambda text: harmonise(read_tune(text)[0]),
    "sheet": lambda text: make_sheet(read_tune(text)[0], 2, has_chords=True),
    "fingerprint": lambda text: melody(read_tune(text)[0]),
    "listen": _listen,
}


def make_midi(notes: int) -> bytes:
    """A file of one track with so many notes, none of which come again in the same order."""
    track = mido.MidiTrack()
    generator = random.Random(notes)
    for _ in range(notes):
        pitch = generator.randrange(60, 80)
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        track.append(mido.Message("note_off", note=pitch, time=240))
    data = io.BytesIO()
    mido.MidiFile(tracks=[track]).save(file=data)
    return data.getvalue()


def main() -> int:
    """A line for every text and step that takes long, and for MIDI files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=5_000, help="characters of the shortest text")
    parser.add_argument("--texts", nargs="*", choices=list(TEXTS), default=list(TEXTS))
    parser.add_argument("--steps", nargs="*", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--least", type=float, default=0.5, help="seconds worth a line")
    arguments = parser.parse_args()
    sizes = [arguments.size * factor for factor in (1, 2, 4)]
    for name in arguments.texts:
        for step in arguments.steps:
            texts = [HEADER + TEXTS[name](size) for size in sizes]
            _show(
                f"{name}: {step}", [_seconds(STEPS[step], text) for text in texts], arguments.least
            )
    files = [make_midi(notes) for notes in (1_200, 2_400, 4_800)]
    _show(
        "MIDI: transcribe", [_seconds(lambda data: transcribe(data, "T"), one) for one in files], 0
    )
    return 0


def _seconds(step: Callable, given: object) -> float:
    start = time.process_time()
    with contextlib.suppress(MusicgenError):  # a refusal takes its time too
        step(given)
    return time.process_time() - start


def _show(name: str, seconds: list[float], least: float) -> None:
    if seconds[-1] >= least:
        times = "".join(f"{one:>9.2f}" for one in seconds)
        print(f"{name:<28}{times}{seconds[-1] / max(seconds[-2], 0.001):>8.1f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
