"""Where bars and phrases end in a text of ids, by bar lines and line ends alone.

A bar ends at a bar line that two characters or more stand before on its line; so ``||``, ``:|`` and
a repeat sign at the beginning of a line end one bar and not two. A phrase ends with the fourth bar,
or where the line ends after at least one bar.

Shapes: B batch, T time.
"""

from dataclasses import dataclass

import torch

BARS_IN_PHRASE = 4
_SHORTEST_BAR = 2


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Whether a bar and a phrase end with each character, both (B, T) bool; and the counters.

    `counters` (1, B, 2) holds the characters since the last bar line and the bars since the last
    phrase: what the next stretch of the text needs.
    """

    bars: torch.Tensor
    phrases: torch.Tensor
    counters: torch.Tensor


def find_boundaries(
    ids: torch.Tensor, counters: torch.Tensor, bar_id: int, line_id: int
) -> Boundaries:
    """The boundaries in ids (B, T), each known by its own character and those before it.

    Args:
        ids: The text.
        counters: Those of the stretch before; zeros at the beginning.
        bar_id: The bar line; -1 where the vocabulary has none.
        line_id: The line end; -1 where the vocabulary has none.
    """
    bars = torch.zeros(ids.shape, dtype=torch.bool)
    phrases = torch.zeros(ids.shape, dtype=torch.bool)
    after = []
    for row, (text, counts) in enumerate(zip(ids.tolist(), counters[0].tolist(), strict=True)):
        since, bar_count = counts
        for at, character in enumerate(text):
            if character == bar_id:
                if since >= _SHORTEST_BAR:
                    bars[row, at] = True
                    bar_count += 1
                since = 0
            else:
                since = 0.0 if character == line_id else since + 1
            if bar_count == BARS_IN_PHRASE or (bar_count and character == line_id):
                phrases[row, at] = True
                bar_count = 0
        after.append((since, bar_count))
    device = ids.device
    return Boundaries(
        bars.to(device), phrases.to(device), counters.new_tensor(after)[None].view_as(counters)
    )
