"""From a prompt to complete tunes.

A tune begins after a blank line and ends at the next one, in the corpus as in what the network
writes. The composer feeds the blank line and the prompt, draws character by character, and stops
each tune by itself at the blank line that the network writes. Unless the settings turn
it off, a grammar masks the characters that would make the tune wrong; the network chooses among
the rest. Where a network has a critic (`musicgen.sampling.critic`), each tune is drawn several
times, with the same header, and one drawing is kept.
"""

import contextlib
import functools
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from musicgen.config import SampleConfig
from musicgen.corpus.described import read_header
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.grammar.masks import Guide
from musicgen.notation.model import Problem, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.attribution import remove_attribution
from musicgen.notation.writing.field_changes import with_field
from musicgen.notation.writing.repeat_starts import write_repeat_starts
from musicgen.sampling.batch import Batch, Drawing
from musicgen.sampling.critic import NO_CHANCE, Critic, candidate_seeds, find_critic
from musicgen.sampling.edit_list import Edit, edits_to_json
from musicgen.sampling.engine import Engine, get_engine
from musicgen.sampling.fixed_point_draw import TITLE_STREAM, FixedLuck
from musicgen.sampling.guidance import (
    GRAMMAR_SETTINGS,
    GRAMMAR_VERSION,
    get_config_guide,
    get_form_guide,
    make_rules,
    with_header,
)
from musicgen.sampling.headers import HEADER_SETTINGS, read_counts, write_prompt
from musicgen.sampling.stages import is_pause
from musicgen.sampling.titles import draw_title, write_title

DEFAULT_PROMPT = "X:"
MAX_PROMPT_CHARACTERS = 5_000
SEEDS = 2**31
_BATCH = 64

AS_COMPOSED: Mapping[str, Any] = MappingProxyType({})
"""The playback in `Composition.provenance` by default."""


@dataclass(frozen=True)
class Composition:
    """A tune from a network and all that is needed to compose it again.

    `abc` is the text as the network wrote it, prompt included, with one line end at the end.
    `char_probs` has one value in 0..1 for each character the network drew, from offset
    `drawn_start` of `abc` on: its probability at the temperature and limits of the settings.
    `is_complete` says that the tune ended by itself. `mask_interventions` counts the steps at which
    the network alone would have written what the grammar forbids. `edits` are the changes made to
    what the seed gave, in order (`musicgen.sampling.edits`); `char_probs` holds for what is there.
    The first `header_length` characters of `abc` are a described header
    (`musicgen.corpus.described`), and `title` is what the tune is called where none was drawn.
    `log_odds` has what the critic said of each drawing, the one that was kept at the place
    `chosen`; empty where there was nothing to choose. `name` is what somebody calls the tune, in
    place of any title; it is the same tune by every name.
    """

    abc: str
    tune: Tune
    problems: tuple[Problem, ...]
    char_probs: tuple[float, ...]
    drawn_start: int
    is_complete: bool
    seed: int
    config: SampleConfig
    checkpoint: str
    fingerprint: str
    mask_interventions: int = 0
    edits: tuple[Edit, ...] = ()
    header_length: int = 0
    title: str = ""
    log_odds: tuple[float, ...] = ()
    chosen: int = 0
    name: str = ""

    @property
    def intervention_share(self) -> float:
        """Share of steps, 0..1, at which the grammar forbade the network's free choice."""
        return self.mask_interventions / max(1, len(self.char_probs))

    @cached_property
    def public_abc(self) -> str:
        """The text for people and files: without credits and sources that the network invented.

        Fields of a given beginning stay.
        """
        return self.public_tune.text

    @cached_property
    def public_tune(self) -> Tune:
        """The tune of `public_abc`: the notes of `tune`, at offsets of their own."""
        tune = self.tune if self.tune.text == self.abc else read_tune(self.abc)[0]
        found = remove_attribution(tune, 0 if self.header_length else self.drawn_start)
        title = self.name or (self.title if self.header_length else "")
        if not title:
            return found
        has_title = "T" in dict(found.fields)
        text = with_field(found.text, "T", title) if has_title else write_title(found.text, title)
        return read_tune(text)[0]

    def provenance(self, playback: Mapping[str, Any] = AS_COMPOSED) -> str:
        """Model, fingerprint, seed and settings in one line, the same for the same tune.

        Args:
            playback: How it was played and written down where that was not as composed; JSON-ready.
        """
        settings = {
            "temperature": self.config.temperature,
            "top_k": self.config.top_k,
            "top_p": self.config.top_p,
            "prompt": self.config.prompt,
            "max_new_tokens": self.config.max_new_tokens,
            **({"candidates": self.config.candidates} if self.log_odds else {}),
            **self._asked(),
            **({"edits": edits_to_json(self.edits)} if self.edits else {}),
            **({"heard": dict(playback)} if playback else {}),
        }
        if self.config.precision != "float32":
            settings["precision"] = self.config.precision
        text = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
        return (
            f"musicgen checkpoint={self.checkpoint} fingerprint={self.fingerprint} "
            f"seed={self.seed} settings={text}"
        )

    def _asked(self) -> dict[str, object]:
        names = HEADER_SETTINGS if self.config.free else (*GRAMMAR_SETTINGS, *HEADER_SETTINGS)
        asked = {name: getattr(self.config, name) for name in names}
        watched = {"free": True} if self.config.free else {"grammar": GRAMMAR_VERSION}
        return watched | {name: value for name, value in asked.items() if value}

    def to_abc(self, playback: Mapping[str, Any] = AS_COMPOSED, tune: Tune | None = None) -> str:
        """The tune for other programs, played as it was written.

        It has ``|:`` wherever a repeat goes back to, and its provenance as an ``N:`` field (ABC 2.1
        §3.1.11) before the key.

        Args:
            playback: As of `provenance`.
            tune: `public_tune` as it was written down anew, in another key for example.
        """
        text = write_repeat_starts(tune or self.public_tune)
        note = f"N:{self.provenance(playback)}\n"
        match = re.search(r"^K:", text, re.MULTILINE)
        start = match.start() if match else len(text)
        return text[:start] + note + text[start:]


def compose(
    checkpoint: Checkpoint,
    config: SampleConfig,
    on_text: Callable[[list[str]], None] | None = None,
    engine: Engine | None = None,
) -> list[Composition]:
    """`config.count` tunes; tune number i has the seed ``config.seed + i`` and is the same alone.

    Args:
        checkpoint: The network to ask.
        config: Temperature, limits, seed, prompt.
        on_text: Called every few characters with the texts of all tunes so far.
        engine: What steps the network, in the precision of the settings. Without one it is taken
            from the few that are kept for all who compose. Background work brings its own, so
            that theirs stay.

    Raises:
        CompositionError: the prompt has characters that the network does not know, or is too long.
        GrammarError: what is asked of the tune cannot be kept, or the prompt breaks the rules.
    """
    make_rules(config)  # before the network is woken
    critic = find_critic(checkpoint)
    finished: list[Composition] = []

    def report(drawings: int, texts: list[str]) -> None:
        if on_text:  # of each tune its first drawing
            on_text([piece.abc for piece in finished] + texts[::drawings])

    # What goes by fixed-point arithmetic has no critic elsewhere: the first drawing counts.
    drawings = config.candidates if critic and config.precision != "fixed" else 1
    told = functools.partial(report, drawings) if on_text else None
    for drawn in draw_candidates(checkpoint, config, drawings, told, engine, critic):
        seed = (config.seed + len(finished)) % SEEDS
        finished.append(_choose(critic, drawn, checkpoint, seed))
    return finished


def draw_candidates(
    checkpoint: Checkpoint,
    config: SampleConfig,
    drawings: int,
    on_text: Callable[[list[str]], None] | None = None,
    engine: Engine | None = None,
    critic: Critic | None = None,
) -> Iterator[Sequence[Composition]]:
    """All drawings of each of `config.count` tunes, which begin alike.

    The first drawing of tune number i has the seed ``config.seed + i``.

    Args:
        checkpoint: The network to ask.
        config: Temperature, limits, seed, prompt.
        drawings: How many of each tune, at least 1.
        on_text: Called every few characters with the texts of all that are drawn at once.
        engine: As of `compose`.
        critic: Says at the end of each line with which of the drawings of a tune all of them go
            on, if it has `Critic.stages`; without one each goes its own way.

    Raises:
        CompositionError, GrammarError: as of `compose`.
    """
    engine = engine or get_engine(checkpoint, config.precision)
    at_once = max(1, _BATCH // drawings)
    for first in range(0, config.count, at_once):
        last = min(first + at_once, config.count)
        tune_seeds = [(config.seed + number) % SEEDS for number in range(first, last)]
        prompts = [read_prompt(checkpoint, config.replace(seed=seed)) for seed in tune_seeds]
        seeds = [one for seed in tune_seeds for one in candidate_seeds(seed, drawings)]
        begun = [prompt for prompt in prompts for _ in range(drawings)]
        batch = Batch(checkpoint.vocabulary, engine, config, begun, seeds)
        with one_thread():
            if critic and critic.stages and drawings > 1:
                _run_in_stages(batch, critic, drawings, tune_seeds, on_text)
            else:
                batch.run(on_text)
        read = [_read(checkpoint, config, drawing) for drawing in batch.drawings]
        for number in range(len(tune_seeds)):
            yield read[number * drawings :][:drawings]


def _run_in_stages(
    batch: Batch,
    critic: Critic,
    drawings: int,
    seeds: Sequence[int],
    report: Callable[[list[str]], None] | None,
) -> None:
    """Draws all tunes, and at the end of each line goes on with one of the drawings of each."""
    batch.run(report, is_pause)
    stage = 0
    while not batch.is_over:
        for number, seed in enumerate(seeds):
            rows = range(number * drawings, (number + 1) * drawings)
            waiting = [row for row in rows if batch.drawings[row].is_paused]
            if waiting:
                texts = [batch.drawings[row].text for row in waiting]
                kept = waiting[critic.choose_beginning(texts, seed, stage)]
                for row in waiting:
                    batch.replace(row, kept)
        stage += 1
        batch.run(report, is_pause)


def _choose(
    critic: Critic | None, drawn: Sequence[Composition], checkpoint: Checkpoint, seed: int
) -> Composition:
    """One of the drawings of a tune, under the tune's own seed and with its title."""
    log_odds: tuple[float, ...] = ()
    chosen = 0
    if critic and len(drawn) > 1:
        log_odds = tuple(
            critic.log_odds(one.tune) if one.is_complete and not one.problems else NO_CHANCE
            for one in drawn
        )
        chosen = critic.choose_tune([one.tune for one in drawn], log_odds, seed)
    kept = drawn[chosen]
    luck = FixedLuck(seed, TITLE_STREAM) if kept.config.precision == "fixed" else None
    title = draw_title(checkpoint.metadata, kept.abc, seed, luck) if kept.header_length else ""
    config = replace(kept.config, seed=seed)
    return replace(kept, seed=seed, config=config, title=title, log_odds=log_odds, chosen=chosen)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text that a tune begins with; `header_length` characters of it are a described header.

    `guide` has the masks of what is asked of the tune; None where it is written freely.
    """

    text: str
    guide: Guide | None
    header_length: int = 0


def read_prompt(checkpoint: Checkpoint, config: SampleConfig) -> Prompt:
    """The text that a tune of these settings begins with, their seed included.

    A network that learned described headers (`musicgen.corpus.described`) gets one: with what is
    asked for, and the rest as its book has it.

    Raises:
        CompositionError: the prompt has characters that the network does not know, or is too long.
        GrammarError: what is asked of the tune cannot be kept.
    """
    _check_length(config.prompt)  # before it is read: reading takes its time
    text, vocabulary = _plain_lines(config.prompt), checkpoint.vocabulary
    if not checkpoint.metadata.training.described:
        _refuse_header_settings(config)
        guide = get_config_guide(vocabulary, config)
        return Prompt(
            _prepare_prompt(vocabulary, with_header(text, guide) if guide else text), guide
        )
    make_rules(config)
    text, length = write_prompt(read_counts(checkpoint.metadata), config, text)
    form = read_header(text).form
    guide = None if config.free else get_form_guide(vocabulary, config, form)
    return Prompt(_prepare_prompt(vocabulary, text), guide, length)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keeps this thread's products on one core.

    A step is too small to share: two cores gain little when idle, and beside a training they wait
    for one another, which made a tune ten times slower. Torch keeps the number for each thread;
    where it was not imported, there is nothing to keep.
    """
    torch: Any = sys.modules.get("torch")
    if not hasattr(torch, "set_num_threads"):  # not there, or another thread is importing it
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _read(checkpoint: Checkpoint, config: SampleConfig, drawing: Drawing) -> Composition:
    abc = drawing.text.rstrip("\n") + "\n"
    tune, problems = read_tune(abc)
    return Composition(
        abc=abc,
        tune=tune,
        problems=tuple(problems),
        char_probs=tuple(drawing.probs[: max(0, len(abc) - drawing.drawn_start)]),
        drawn_start=drawing.drawn_start,
        is_complete=drawing.is_complete,
        seed=drawing.seed,
        config=replace(config, seed=drawing.seed, count=1),
        checkpoint=checkpoint.name,
        fingerprint=checkpoint.fingerprint,
        mask_interventions=drawing.interventions,
        header_length=drawing.header_length,
    )


def _refuse_header_settings(config: SampleConfig) -> None:
    if asked := [name for name in HEADER_SETTINGS if getattr(config, name)]:
        raise CompositionError(
            "This model was not taught to keep to a {setting}: leave that out, or choose a model "
            "that learned described headers.",
            setting=asked[0],
        )


def _plain_lines(prompt: str) -> str:
    return re.sub(r"\r\n?", "\n", prompt).lstrip("\n")


def _check_length(prompt: str) -> None:
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise CompositionError(
            "The beginning has {count} characters; at most {most} are read. Shorten it.",
            count=len(prompt),
            most=MAX_PROMPT_CHARACTERS,
        )


def _prepare_prompt(vocabulary: Vocabulary, prompt: str) -> str:
    text = prompt or DEFAULT_PROMPT
    _check_length(text)
    if "\n\n" in text:
        raise CompositionError(
            "The beginning has a blank line in it, which would end the tune. Take it out."
        )
    if unknown := vocabulary.unknown(text):
        raise CompositionError(
            "The network never saw {unknown}. Leave these characters out of the beginning.",
            unknown=", ".join(map(repr, unknown[:10])),
        )
    return text
