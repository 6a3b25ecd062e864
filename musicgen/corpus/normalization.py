"""Tunes of other books, normalized to the lab's notation, so that one network can learn from both.

What the lab's tunes do not have is left out: grace notes, decorations, chords and chord symbols,
slurs, words. The music stays: the same bars, notes, repeats and endings, four bars a line, with
``!`` at its end. Tunes that cannot be written so (a change of key or meter inside, parts, jumps,
bars that do not keep time) are left out.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Bar, Note, PlayedNote, ProblemKind, Tune
from musicgen.notation.parsing.fields import same_key, same_meter
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.text_strings import encode_text_string
from musicgen.notation.playback import played_notes
from musicgen.notation.writing.abc_writer import write_abc

LAB_METERS = ("C", "C|", "2/4", "3/4", "6/8", "9/8")
"""Those of the lab's tunes."""

_EIGHTH = Fraction(1, 2)
_SPELLED = {"ionian": "Major", "aeolian": "Minor"}


def write_plain(text: str) -> str | None:
    """The first tune of a text in the plain manner, without a line end; None if it is not plain.

    What it gives is read again and must sound the same, grace notes apart. The header has
    ``X: T: M: L: K:`` in this order, the key spelled out as ``E Dorian``.
    """
    tune, problems = read_tune(text)
    is_clear = all(problem.kind is ProblemKind.LEFT_OUT for problem in problems)
    if not is_clear or not tune.title or not tune.key.tonic or not _is_plain(tune):
        return None
    meter = "C" if tune.meter.text == "4/4" else tune.meter.text
    bare = replace(
        tune,
        bars=tuple(_bare(bar) for bar in tune.bars),
        unit_quarters=_EIGHTH,
        fields=(),
        tempo_qpm=None,
    )
    written = write_abc(bare)
    body = written.split("\nK:", 1)[1].split("\n", 1)[1]
    mode = _SPELLED.get(tune.key.mode, tune.key.mode.capitalize())
    title = encode_text_string(tune.title)
    header = f"X:{tune.reference or 1}\nT:{title}\nM:{meter}\nL:1/8\nK:{tune.key.tonic} {mode}\n"
    plain = header + _old_style(body)
    again, _ = read_tune(plain)
    meant = played_notes(bare.bars, bare.play_order)
    return plain if _sound(again.performance) == _sound(meant) else None


def _is_plain(tune: Tune) -> bool:
    is_steady = all(
        bar.meter is not None
        and bar.key is not None
        and same_meter(bar.meter, tune.meter)
        and same_key(bar.key, tune.key)
        and all(note.key is None or same_key(note.key, tune.key) for note in bar.notes)
        and not bar.part
        and not bar.heading
        and not bar.marks
        for bar in tune.bars
    )
    report = check_bars(tune)
    is_known = tune.meter.text in (*LAB_METERS, "4/4")
    return is_steady and is_known and report.is_in_time and report.ends_properly


def _bare(bar: Bar) -> Bar:
    return replace(bar, notes=tuple(_bare_note(note) for note in bar.notes), tempo_qpm=None)


def _bare_note(note: Note) -> Note:
    """The highest pitch of a chord, and nothing around it."""
    top = max(note.pitches, default=None)
    return replace(
        note,
        pitches=() if top is None else (top,),
        tied_pitches=(top,) if top in note.tied_pitches else (),
        tied=note.tied or top in note.tied_pitches,
        graces=(),
        grace_spans=(),
        grace_quarters=(),
        decorations=(),
        chord_symbol="",
        tempo_qpm=None,
    )


def _old_style(body: str) -> str:
    """Repeats, endings and line ends as the lab's tunes write them."""
    body = re.sub(r"(?<!:)\|\n\|:", "|]\n", body.replace("||", "|]"))
    body = re.sub(r"(?m)^\|:", "", re.sub(r"::|:\|:", ":|", body))
    body = re.sub(r"(?<=\|) ?\[(\d)", r"\1", body)
    return "\n".join(f"{line}!" for line in body.splitlines())


def _sound(played: Sequence[PlayedNote]) -> list[tuple[int, Fraction, Fraction]]:
    return [(note.pitch, note.onset, note.duration) for note in played]
