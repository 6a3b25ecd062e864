"""When bars sound: once, or once more each time a repeat comes by them."""

from collections.abc import Sequence

from musicgen.notation.model import Tune


def bar_passes(
    tune: Tune, moments: Sequence[tuple[int, float, float]], first_bar: int, last_bar: int
) -> list[tuple[float, float]]:
    """Beginning and end, in seconds, of each time that bars are played one after the other.

    Args:
        tune: The tune.
        moments: Its notes as `musicgen.audio.midi.timeline` gives them.
        first_bar: First of the bars, counted from 0 as they are written.
        last_bar: Last of them.
    """
    bar_of = {note.start: note.bar for note in tune.notes}
    passes: list[tuple[float, float]] = []
    before = last_bar + 1  # the bar that was played last, if it is one of them
    for start, onset_s, duration_s in moments:
        bar = bar_of.get(start, -1)
        if not first_bar <= bar <= last_bar:
            before = last_bar + 1
            continue
        begin = passes.pop()[0] if before <= bar else onset_s
        passes.append((begin, onset_s + duration_s))
        before = bar
    return passes
