"""Some bars of a tune written anew, everything around them kept to the letter.

The bar lines between the bars, with repeat signs, endings and line ends, stay as well: only what
sounds between them is drawn. Each bar is held by the grammar to the length it must have. Of several
drawings those come first after which the rest of the tune is likeliest: the network, which reads
from left to right, is asked in this way whether it is content with where the new bars lead.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.network import State, flatten_state, unflatten_state
from musicgen.notation.grammar.masks import Guide, get_guide
from musicgen.notation.grammar.music import settle
from musicgen.notation.grammar.rules import Rules
from musicgen.notation.grammar.states import Music
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import SEEDS, one_thread
from musicgen.sampling.decoding import compute_probs, draw
from musicgen.sampling.engine import EngineState, Logits, get_engine
from musicgen.sampling.guidance import make_rules
from musicgen.sampling.infill_spans import Gap, find_gaps, start_bar

STRUCTURE = "|:[]\n!"
"""Characters of bar lines and line ends, which are never drawn inside a bar."""

DRAWINGS = 16
"""Drawings made at once; some may be alike, or like what stood there."""

ENOUGH = 5
"""Distinct ways after which no more are drawn."""

WARMTHS = (1.0, 1.25, 1.5, 1.75)
"""Where the network is so sure of itself that a round of drawings gives too few distinct ways, it
draws another one, at this much of the temperature that was asked for."""

MAX_TEMPERATURE = 3.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Bars written anew, and the tune with them.

    `choice` is the number of the drawing, `bars` what was drawn between the bar lines. `fit` says
    how well the rest follows: its log-likelihood (nats) less that behind the bars that were there,
    so that above 0 it follows better than before; 0 where nothing follows.
    """

    choice: int
    abc: str
    bars: tuple[str, ...]
    fit: float


def rewrite_bars(
    checkpoint: Checkpoint,
    config: SampleConfig,
    abc: str,
    first_bar: int,
    last_bar: int,
    seed: int,
) -> list[Candidate]:
    """Distinct ways to fill bars, the one first after which the rest is likeliest.

    The same arguments give the same drawings with the same numbers. Where few of them differ, more
    are made, a little warmer (see `WARMTHS`).

    Args:
        checkpoint: The network.
        config: Temperature and limits to draw with; what is asked of the tune, such as a range.
        abc: A tune the network can read.
        first_bar: First of the bars to fill, counted from 1 as they are written.
        last_bar: Last of them.
        seed: Start of the drawings.

    Raises:
        CompositionError: there are no such bars, they hold what must not be lost, such as a change
            of key, or no drawing filled them.
        GrammarError: the network cannot write ABC.
    """
    tune, _problems = read_tune(abc)
    guide = get_guide(
        checkpoint.vocabulary.characters, Rules() if config.free else make_rules(config)
    )
    gaps = find_gaps(tune, first_bar, last_bar, guide.grammar.script.grid)
    drawn: list[tuple[str, ...] | None] = []
    fillings: dict[int, tuple[str, ...]] = {}
    for warmth in WARMTHS:
        warm = config.replace(temperature=min(config.temperature * warmth, MAX_TEMPERATURE))
        with one_thread(), torch.inference_mode():
            drawn += _Filling(checkpoint, warm, guide, gaps, abc, seed + len(drawn)).run()
        fillings = _distinct(abc, tune, gaps, drawn)
        if len(fillings) >= ENOUGH:
            break
    if not fillings:
        raise CompositionError(
            "The network found nothing else for these bars. Choose others, or raise the "
            "temperature."
        )
    return _ranked(checkpoint, abc, gaps, fillings)


def _distinct(
    abc: str, tune: Tune, gaps: list[Gap], drawn: list[tuple[str, ...] | None]
) -> dict[int, tuple[str, ...]]:
    """Drawings by number: each once, without what stood there, and none that harms the rest."""
    seen = {tuple(abc[gap.start : gap.end] for gap in gaps)}
    found: dict[int, tuple[str, ...]] = {}
    for number, bars in enumerate(drawn):
        if bars is None or bars in seen:
            continue
        seen.add(bars)
        if _keeps_the_rest(tune, _fill(abc, gaps, bars), gaps):
            found[number] = bars
    return found


def _keeps_the_rest(tune: Tune, abc: str, gaps: list[Gap]) -> bool:
    """Whether a reader finds all other bars as they were, and the new ones of the right length."""
    other, _problems = read_tune(abc)
    lengths = {gap.bar: gap.quarters for gap in gaps}
    return len(other.bars) == len(tune.bars) and all(
        new.actual == lengths[old.index]
        if old.index in lengths
        else [(note.pitches, note.duration) for note in new.notes]
        == [(note.pitches, note.duration) for note in old.notes]
        for old, new in zip(tune.bars, other.bars, strict=True)
    )


def _fill(abc: str, gaps: list[Gap], bars: tuple[str, ...]) -> str:
    between = [abc[one.end : other.start] for one, other in pairwise(gaps)]
    middle = "".join(bar + kept for bar, kept in zip(bars, [*between, ""], strict=True))
    return abc[: gaps[0].start] + middle + abc[gaps[-1].end :]


def _ranked(
    checkpoint: Checkpoint, abc: str, gaps: list[Gap], fillings: dict[int, tuple[str, ...]]
) -> list[Candidate]:
    texts = [_fill(abc, gaps, bars) for bars in fillings.values()]
    rest = len(abc) - gaps[-1].end
    before, *after = _follow_likelihoods(checkpoint, [abc, *texts], gaps[0].start, rest)
    found = [
        Candidate(number, text, bars, value - before)
        for (number, bars), text, value in zip(fillings.items(), texts, after, strict=True)
    ]
    return sorted(found, key=lambda candidate: (-candidate.fit, candidate.choice))


def _follow_likelihoods(
    checkpoint: Checkpoint, texts: list[str], start: int, rest: int
) -> list[float]:
    """Log-likelihood (nats) of the last `rest` characters of texts alike before `start`.

    Shorter ones are padded at the end, which no network looks ahead to.
    """
    encode = checkpoint.vocabulary.encode
    head = encode(SEPARATOR + texts[0][:start])
    tails = [encode(text[start:]) for text in texts]
    padded = np.zeros((len(texts), max(map(len, tails))), dtype=np.int64)
    for row, tail in zip(padded, tails, strict=True):
        row[: len(tail)] = tail
    with one_thread(), torch.inference_mode():
        logits, state = checkpoint.network(torch.from_numpy(head[None]), None)
        first = logits[:, -1:].expand(len(texts), 1, -1)
        logits, _state = checkpoint.network(
            torch.from_numpy(padded[:, :-1]), _repeat(state, len(texts))
        )
        log_probs = torch.log_softmax(torch.cat((first, logits), dim=1).double(), dim=-1)
    chosen = log_probs.gather(-1, torch.from_numpy(padded)[..., None]).squeeze(-1)
    return [
        float(chosen[row, len(tail) - rest : len(tail)].sum()) for row, tail in enumerate(tails)
    ]


def _repeat(state: State, count: int) -> State:
    """A state of one tune, tensors (L, 1, ·), for `count` tunes."""
    return unflatten_state(state, [tensor[:, [0] * count] for tensor in flatten_state(state)])


@dataclass
class _Row:
    """One drawing: bars that are full, the one being filled, and where it stands."""

    state: Music | None
    done: list[str]
    text: str = ""
    forced: str = ""


class _Filling:
    """Fills the gaps of a tune, several drawings side by side, each with a generator of its own."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        config: SampleConfig,
        guide: Guide,
        gaps: list[Gap],
        abc: str,
        seed: int,
    ) -> None:
        self._vocabulary = checkpoint.vocabulary
        self._engine = get_engine(checkpoint, config.precision)
        self._config, self._guide, self._gaps, self._abc = config, guide, gaps, abc
        characters = np.array(self._vocabulary.characters)
        self._structure = np.isin(characters, list(STRUCTURE))
        self._line_end = np.isin(characters, ["\n", "!"])
        self._space = characters == " "
        self._rows = [_Row(start_bar(gaps[0], gaps[0].tie), []) for _number in range(DRAWINGS)]
        self._generators = [
            torch.Generator().manual_seed((seed + number) % SEEDS) for number in range(DRAWINGS)
        ]

    def run(self) -> list[tuple[str, ...] | None]:
        """What each drawing filled the gaps with; None where it got stuck."""
        logits, state = self._read_head()
        while any(self._is_open(row) for row in self._rows):
            characters = self._step(logits)
            ids = self._vocabulary.encode("".join(characters))
            logits, state = self._engine.step(ids, state)
        full = len(self._gaps)
        return [tuple(row.done) if len(row.done) == full else None for row in self._rows]

    def _read_head(self) -> tuple[Logits, EngineState]:
        head = self._vocabulary.encode(SEPARATOR + self._abc[: self._gaps[0].start])
        logits, state = self._engine.read(head)
        rows = [0] * DRAWINGS
        return logits[rows], self._engine.select(state, rows)

    def _is_open(self, row: _Row) -> bool:
        return row.state is not None and len(row.done) < len(self._gaps)

    def _step(self, logits: Logits) -> list[str]:
        """The next character of every drawing; of those that are done, one without meaning."""
        masks = [self._mask(row) for row in self._rows]
        free = [number for number, mask in enumerate(masks) if mask is not None and mask.any()]
        drawn = dict(zip(free, self._draw(logits, masks, free), strict=True)) if free else {}
        return [self._write(row, drawn.get(number)) for number, row in enumerate(self._rows)]

    def _draw(
        self, logits: Logits, masks: list[NDArray[np.bool_] | None], free: list[int]
    ) -> list[str]:
        known = [mask for number in free if (mask := masks[number]) is not None]
        allowed = np.stack(known)
        uniforms = [
            torch.rand(1, dtype=torch.float64, generator=self._generators[n]).item() for n in free
        ]
        config = self._config
        probs = compute_probs(
            np.where(allowed, logits[free], -np.inf),
            config.temperature,
            config.top_k,
            config.top_p,
        )
        return [self._vocabulary.characters[index] for index in draw(probs, uniforms).tolist()]

    def _mask(self, row: _Row) -> NDArray[np.bool_] | None:
        """What a drawing may write; None where it has no choice or is done."""
        if row.forced or not self._is_open(row) or row.state is None:
            return None
        mask = self._guide.mask(row.state)
        is_full = bool((mask & self._structure & ~self._line_end).any())
        mask = mask & ~self._structure
        if is_full:
            mask &= ~self._space
            mask[self._vocabulary.ids[self._sign(row)]] = True
        return mask

    def _line(self, row: _Row) -> str:
        """What stands behind the bar being filled, up to the next."""
        place = len(row.done)
        end = self._gaps[place + 1].start if place + 1 < len(self._gaps) else None
        return self._abc[self._gaps[place].end : end]

    def _sign(self, row: _Row) -> str:
        """The character that says that a bar is over: the first of its line."""
        first = self._line(row)[:1]
        return first if first and first in STRUCTURE else "|"

    def _write(self, row: _Row, drawn: str | None) -> str:
        """Adds a character to a drawing, and says which."""
        if row.forced:
            character, row.forced = row.forced[0], row.forced[1:]
            return character
        if row.state is None or not self._is_open(row):
            return "\n"
        if drawn is None:
            row.state = None  # stuck: nothing may follow
            return "\n"
        if drawn == self._sign(row):
            return self._end_bar(row, row.state)
        following = self._guide.grammar.feed(row.state, drawn)
        row.state = following if isinstance(following, Music) else None
        row.text += drawn
        return drawn

    def _end_bar(self, row: _Row, state: Music) -> str:
        line = self._line(row)
        row.done.append(row.text)
        row.text, row.forced = "", line[1:]
        if len(row.done) < len(self._gaps):
            settled = settle(self._guide.grammar.script, state)
            row.state = start_bar(self._gaps[len(row.done)], settled.tie if settled else "")
        return line[:1] or "\n"
