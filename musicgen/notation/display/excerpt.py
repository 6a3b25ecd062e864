"""A few bars of a tune as a tune of their own, to be read, shown and heard without the rest."""

from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.reader import read_tune


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


def excerpt(tune: Tune, music: dict[int, str]) -> str:
    """ABC of bars, each with the music given for it, one after the other.

    Repeats and endings are left out; meter and key are those of the bars.

    Args:
        tune: Where they come from.
        music: What stands between the bar lines, by number of the bar, counted from 0.
    """
    bars = [tune.bars[number] for number in sorted(music)]
    key, meter = bars[0].key or tune.key, bars[0].meter or tune.meter
    lines = ["X:1", f"M:{meter.text or 'none'}", f"L:1/{4 / tune.unit_quarters}"]
    lines += [f"K:{key.text or 'none'}", ""]
    pieces = ["\n".join(lines)]
    for bar in bars:
        pieces.append(_changes(bar, meter.text, key.text) + music[bar.index].strip() + "|")
        key, meter = bar.key or key, bar.meter or meter
    return "".join(pieces)[:-1] + "|]\n"


def _changes(bar: Bar, meter: str, key: str) -> str:
    """Inline fields for what is another than in the bar before (ABC 2.1 §3.2)."""
    new_meter = f"[M:{bar.meter.text}]" if bar.meter and bar.meter.text != meter else ""
    new_key = f"[K:{bar.key.text}]" if bar.key and bar.key.text != key else ""
    return new_meter + new_key
