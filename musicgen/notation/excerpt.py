"""Some bars of a tune as a tune of their own, to be shown beside others."""

from musicgen.notation.reader import plain_lines, read_tune
from musicgen.notation.tune import Tune


def cut_bars(tune: Tune, start: int, end: int) -> tuple[Tune, int] | None:
    """The bars of a tune that a span of its text touches, and how far they were moved.

    Args:
        tune: A tune that was read.
        start: First character of the span.
        end: First character behind it.

    Returns:
        The bars as a tune without title, in the meter, unit and key of the first of them; and by
        how many characters they stand further on there than in the text they are from (mostly a
        negative number). None where the span touches no bar.
    """
    touched = [bar for bar in tune.bars if bar.start < end and start < bar.end]
    if not touched:
        return None
    first, last = touched[0], touched[-1]
    meter, key = first.meter or tune.meter, first.key or tune.key
    header = f"X:1\nM:{meter.text}\nL:1/{4 / tune.unit_quarters}\nK:{key.text or 'none'}\n"
    body = plain_lines(tune.text)[first.start : last.end]
    return read_tune(f"{header}{body}|\n")[0], len(header) - first.start
