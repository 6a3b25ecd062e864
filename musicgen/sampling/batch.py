"""Tunes drawn side by side, character by character.

Each is one `Drawing`; `Batch.run` draws all of them up to their end, or to where they are to
pause. Shapes: B tunes at once, V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from musicgen.config import SampleConfig
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CompositionError
from musicgen.notation.grammar.masks import Guide
from musicgen.sampling.decoding import Probs, compute_probs, draw
from musicgen.sampling.engine import Engine, EngineState, Ids, Logits
from musicgen.sampling.fixed_point_draw import compute_chances, draw_chances, random_words
from musicgen.sampling.guidance import Guidance

if TYPE_CHECKING:
    from musicgen.sampling.composer import Prompt

_TEXT_INTERVAL = 16
_UNIFORMS = 256


@dataclass
class Drawing:
    """One tune while it is drawn. `is_paused` says that it waits; `is_complete`, that it ended."""

    text: str
    seed: int
    drawn_start: int
    header_length: int
    probs: list[float] = field(default_factory=list)
    is_complete: bool = False
    is_paused: bool = False
    interventions: int = 0


class Batch:
    """Tunes drawn side by side; those that ended leave the batch.

    Args:
        vocabulary: The characters of the network.
        engine: What steps it.
        config: Temperature and limits.
        prompts: The beginning of each tune, with the masks of what is asked of it.
        seeds: Of each tune.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        engine: Engine,
        config: SampleConfig,
        prompts: Sequence["Prompt"],
        seeds: Sequence[int],
    ) -> None:
        texts = [prompt.text for prompt in prompts]
        guides: list[Guide] = [prompt.guide for prompt in prompts if prompt.guide]
        self._guidance = Guidance(guides, texts, config.max_new_tokens) if guides else None
        self.drawings = [
            Drawing(prompt.text, seed, len(prompt.text), prompt.header_length)
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]
        self._config = config
        self._vocabulary = vocabulary
        self._engine = engine
        self._decoder = _FixedDecoder(config) if config.precision == "fixed" else _Decoder(config)
        self._luck = [self._decoder.luck(seed) for seed in seeds]
        self._waiting: dict[int, tuple[Logits, EngineState]] = {}

    def run(
        self,
        on_text: Callable[[list[str]], None] | None = None,
        is_pause: Callable[[str], bool] = lambda _text: False,
    ) -> None:
        """Draws until every tune has ended, has reached the limit, or pauses.

        Args:
            on_text: Called every few characters with the texts of all tunes so far.
            is_pause: Whether a tune is to wait after a text. Another call goes on from there.
        """
        active, logits, state = self._begin()
        count = 0
        while active:
            ids = self._draw(logits, active)
            keep = [row for row, index in enumerate(active) if not self._is_over(index)]
            if on_text and (count % _TEXT_INTERVAL == 0 or len(keep) < len(active)):
                on_text([drawing.text for drawing in self.drawings])
            count += 1
            if not keep:
                break
            if len(keep) < len(active):
                ids, state = ids[keep], self._engine.select(state, keep)
                active = [active[row] for row in keep]
            logits, state = self._engine.step(ids, state)
            pausing = {
                row for row, index in enumerate(active) if is_pause(self.drawings[index].text)
            }
            for row in pausing:
                self.drawings[active[row]].is_paused = True
                self._waiting[active[row]] = logits[[row]], self._engine.select(state, [row])
            if pausing:
                keep = [row for row in range(len(active)) if row not in pausing]
                if not keep:
                    break
                logits, state = logits[keep], self._engine.select(state, keep)
                active = [active[row] for row in keep]
        if on_text:
            on_text([drawing.text for drawing in self.drawings])

    @property
    def is_over(self) -> bool:
        """Whether no tune waits to go on."""
        return not any(drawing.is_paused for drawing in self.drawings)

    def replace(self, index: int, by: int) -> None:
        """Lets a tune stand where another does; from there it goes on with draws of its own."""
        if index == by:
            return
        one, other = self.drawings[index], self.drawings[by]
        one.text, one.probs = other.text, other.probs.copy()
        one.is_complete, one.is_paused = other.is_complete, other.is_paused
        one.interventions = other.interventions
        self._waiting.pop(index, None)
        if by in self._waiting:
            self._waiting[index] = self._waiting[by]
        if self._guidance:
            self._guidance.replace(index, by)

    def _is_over(self, index: int) -> bool:
        drawing = self.drawings[index]
        return drawing.is_complete or len(drawing.probs) >= self._config.max_new_tokens

    def _begin(self) -> tuple[list[int], Logits, EngineState]:
        """The tunes to go on with, and what the network says of them: all, or those that wait."""
        if not self._waiting:
            return (list(range(len(self.drawings))), *self._read_prompts())
        active = sorted(self._waiting)
        waiting = [self._waiting[index] for index in active]
        for index in active:
            self.drawings[index].is_paused = False
        self._waiting = {}
        state = self._engine.join([state for _logits, state in waiting])
        return active, np.concatenate([logits for logits, _state in waiting]), state

    def _read_prompts(self) -> tuple[Logits, EngineState]:
        """A beginning is read once for all tunes that have it."""
        texts = list(dict.fromkeys(drawing.text for drawing in self.drawings))
        read = [self._engine.read(self._vocabulary.encode(SEPARATOR + text)) for text in texts]
        logits = np.concatenate([one for one, _state in read])
        state = self._engine.join([state for _logits, state in read])
        rows = [texts.index(drawing.text) for drawing in self.drawings]
        return logits[rows], self._engine.select(state, rows)

    def _draw(self, logits: Logits, active: list[int]) -> Ids:
        """The next character of each tune, and the one that the network alone would have drawn."""
        luck = [next(self._luck[index]) for index in active]
        rows = np.arange(len(active))
        if self._guidance:
            written = [len(self.drawings[index].probs) for index in active]
            masks = self._guidance.masks(active, written)
            narrowed = np.where(masks, logits, -np.inf)
            probs, drawn = self._decoder.draw(np.concatenate([narrowed, logits]), luck * 2)
            ids, free = drawn[: len(active)], drawn[len(active) :]
            for index, is_allowed in zip(active, masks[rows, free].tolist(), strict=True):
                self.drawings[index].interventions += not is_allowed
        else:
            probs, ids = self._decoder.draw(logits, luck)
        chosen = probs[rows, ids].tolist()
        for index, number, prob in zip(active, ids.tolist(), chosen, strict=True):
            self._append(index, self._vocabulary.characters[number], prob)
        return ids

    def _append(self, index: int, character: str, prob: float) -> None:
        drawing = self.drawings[index]
        drawing.text += character
        drawing.probs.append(prob)
        drawing.is_complete = drawing.text.endswith(SEPARATOR)
        if self._guidance:
            self._guidance.advance(index, character)


class _Decoder:
    """From logits to characters in floating point."""

    def __init__(self, config: SampleConfig) -> None:
        self._config = config

    def luck(self, seed: int) -> Iterator[Any]:
        """What the characters of a tune are drawn with."""
        return draw_uniforms(seed)

    def draw(self, logits: Logits, luck: Sequence[Any]) -> tuple[Probs, Ids]:
        """Probabilities (B, V) and the characters drawn (B,)."""
        config = self._config
        probs = compute_probs(logits, config.temperature, config.top_k, config.top_p)
        return probs, draw(probs, luck)


class _FixedDecoder(_Decoder):
    """From logits to characters in whole numbers.

    Raises:
        CompositionError: a limit is asked for that has no definition in whole numbers.
    """

    def __init__(self, config: SampleConfig) -> None:
        super().__init__(config)
        if config.top_k or config.top_p < 1.0:
            raise CompositionError(
                "Fixed-point arithmetic draws from all characters: leave out top-k and top-p."
            )

    def luck(self, seed: int) -> Iterator[Any]:
        return random_words(seed)

    def draw(self, logits: Logits, luck: Sequence[Any]) -> tuple[Probs, Ids]:
        chances = compute_chances(logits, self._config.temperature)
        probs: Probs = chances / chances.sum(-1, keepdims=True)
        return probs, draw_chances(chances, luck)


def draw_uniforms(seed: int) -> Iterator[float]:
    """Numbers in [0, 1) without end, the same as ``torch.rand`` draws them in float64.

    Both are the Mersenne Twister (Matsumoto and Nishimura 1998), seeded with one number; two draws
    of 32 bits make a float of 53.
    """
    generator = np.random.RandomState(seed)
    while True:
        draws = generator.randint(0, 1 << 32, (_UNIFORMS, 2), np.uint32).astype(np.uint64)
        bits = (draws[:, 0] << np.uint64(32) | draws[:, 1]) & np.uint64((1 << 53) - 1)
        yield from (bits * 2.0**-53).tolist()
