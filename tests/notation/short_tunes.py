"""Short tunes for all that writes notes, and the notes that a reader of the result must find."""

from dataclasses import replace

from musicgen.notation.model import Tune
from musicgen.notation.playback import played_notes

HEADER = "X:1\nT:x\nM:4/4\nL:1/8\nK:D\n"

BODIES = [
    "ABcd efga|A8|]",
    "AB|:c2d2 e2f2|g6:|AB|c8|]",
    "A4 B4|c8:|d8|e8:|",
    "A8|1 B8:|2 c8|]d8|",
    "|:A8|[1,2 B8:|[3 c8|]d8|]",
    "|:A8|[1,3 B8:|[2,4 c8:|d8|]",
    "|:A8|1 B8:|c8|]",
    "|:A8|1 B8:|2 c8:|d8|1 e8:|2 f8|]",
    "|::A8::|B8|]",
    "A5 B3|A7 B|A8-|A4 A4|",
    "(3ABc (3A2B (5ABcde|(3A>Bc d6|",
    "A>B c<d e>>f g<<a|",
    "[DFA]2 [DA]2 [DB]4-|[DB]8|",
    "{gf}A2 !trill!B2 ~c2 !fermata!.d2|",
    '"G"A2"Am7/C"B2 "D7"c2 "F#dim"d2|',
    "^A_B=c__d ^^e2 A2|AB cd e2 A2|",
    "[K:Bbdor]A4 B4|[M:6/8]A3 B3|[K:D^g]g3 c3|",
    "Z3|A8|z8|",
    "A4 [1 B4:|[2 c4|]",
    "P:A\nA8|P:B\nB8|",
    "A8!D.C.!|",
    "A/B/c// d//e/ f3/2g/2 A4|",
    "A2{f}(3{g}Bcd e4|",
]
"""A body for each thing that a writer may get wrong: repeats, ties, tuplets, keys, jumps …"""


def notes_without_graces(tune: Tune) -> list[tuple[float, int, float]]:
    """Onset, pitch and duration of what is played, in quarter notes."""
    bars = [
        replace(
            bar,
            notes=tuple(
                replace(note, graces=(), grace_spans=(), grace_quarters=()) for note in bar.notes
            ),
        )
        for bar in tune.bars
    ]
    return sorted(
        (round(float(note.onset), 3), note.pitch, round(float(note.duration), 3))
        for note in played_notes(bars, tune.play_order)
    )
