"""Repeats written out for every program: ``|:`` wherever a repeat goes back to.

Tunebooks of the old style never write ``|:`` (ABC 2.1 §4.8 recommends it); programs differ in where
they then go back to, and some take endings for mistakes.
"""

import re

from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune

_TO_NEXT_LINE = re.compile(r"[ \t]*[!*$]?[ \t]*\n(?:[A-Za-z]:(?![|:])[^\n]*\n)*(?=[^\n])")


def write_repeat_starts(tune: Tune) -> str:
    """The text of a tune with ``|:`` at every place that its repeats go back to.

    It is played as before; a text in which that cannot be had stays as it is.
    """
    text = tune.text
    for index in sorted(_places(tune), reverse=True):
        start = _start(tune, index)
        is_apart = start == 0 or text[start - 1] == "\n"
        text = f"{text[:start]}{'' if is_apart else ' '}|:{text[start:]}"
    if text == tune.text:
        return text
    again, _ = read_tune(text)
    return text if again.play_order == tune.play_order else tune.text


def _places(tune: Tune) -> set[int]:
    """Bars to which a repeat goes back without a sign that says so."""
    following = zip(tune.play_order, tune.play_order[1:], strict=False)
    back = {later for earlier, later in following if later <= earlier}
    return {index for index in back if not tune.bars[index].opening.endswith(":")}


def _start(tune: Tune, index: int) -> int:
    """Where the sign belongs: behind the line before, or where the next line of music begins."""
    if index == 0:
        return tune.body_start
    before = tune.bars[index - 1]
    start = before.end + len(before.closing)
    ahead = _TO_NEXT_LINE.match(tune.text, start)
    return ahead.end() if ahead else start
