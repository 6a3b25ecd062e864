"""Samples of a training: short tunes that the network composes at intervals.

Every tune has the same seed and the same settings, so that what differs is what was learned. The
steps at which one is composed lie close together at first, where most is learned, and ever farther
apart later on: before the first step, and at some of the looks at held-out tunes.
"""

import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgen.config import SampleConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import MusicgenError
from musicgen.json_reading import is_count, is_number, parse_json
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.notation.writing.attribution import without_attribution
from musicgen.storage import storing, write_file

if TYPE_CHECKING:
    from musicgen.models.network import Network

logger = logging.getLogger(__name__)

SAMPLE_CONFIG = SampleConfig(temperature=0.8, seed=1, sections=2, bars=8, max_new_tokens=400)
"""What is asked of every tune: two sections of eight bars, a moment's work."""

FREE_SAMPLE_CONFIG = SampleConfig(
    temperature=SAMPLE_CONFIG.temperature, seed=SAMPLE_CONFIG.seed, max_new_tokens=300, free=True
)
"""What is asked of a network whose characters do not suffice for the grammar."""

MAX_FILE_BYTES = 20_000_000
MAX_CHARACTERS = 50_000
"""Of a tune that is read from a file; more than any that is composed."""

_MAX_STEP = 1_000_000

DEADLINE_S = 10.0
"""A tune that takes longer, of a network too large for the machine, stays as far as it came."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A tune from the way: the step it comes from, its text, and the network's loss at that step.

    The text is for people: it has no credits and sources, which the network would have invented.

    `val_loss` is in nats per character, None where no tunes are held out; `is_free` says that it
    was written without the grammar.
    """

    step: int
    abc: str
    val_loss: float | None = None
    is_free: bool = False


class _DeadlineError(Exception):
    """Raised out of composing when it takes too long."""


def is_sample_due(config: TrainingConfig, step: int) -> bool:
    """Whether the network is to compose after a step: at some of the looks at held-out tunes.

    Of the looks of a whole training at most `config.samples` are chosen, in geometric progression,
    the first and the last among them, and beside them step 0, where nothing is learned yet. Steps
    between two looks are never due.
    """
    if not step:
        return config.samples > 1
    looks = -(-config.max_steps // config.eval_interval)  # rounded up: the last step is one, too
    if step == config.max_steps:
        return config.samples > 0
    look, rest = divmod(step, config.eval_interval)
    return not rest and look in _chosen_looks(looks, config.samples)


def _chosen_looks(looks: int, count: int) -> set[int]:
    """At most `count` of the numbers 1 to `looks`; the last alone where one is wanted."""
    if count < 2:
        return {looks} if count else set()
    return {round(looks ** (number / (count - 1))) for number in range(count)}


def compose_sample(
    network: "Network", vocabulary: Vocabulary, step: int, val_loss: float | None
) -> Sample | None:
    """The tune of a step; None where none could be composed, which is logged and does no harm.

    The network composes as a copy in eval mode, with a generator of its own: the training goes on
    as if no sample had been composed.
    """
    try:
        checkpoint = _copy(network, vocabulary, step)
        try:
            abc = without_attribution(_compose(checkpoint, SAMPLE_CONFIG))
            return Sample(step, abc, val_loss)
        except MusicgenError:
            abc = without_attribution(_compose(checkpoint, FREE_SAMPLE_CONFIG))
            return Sample(step, abc, val_loss, is_free=True)
    except Exception:  # a tune to listen to is never worth a training
        logger.warning("no tune could be composed at step %d", step, exc_info=True)
        return None


def _copy(network: "Network", vocabulary: Vocabulary, step: int) -> Checkpoint:
    from musicgen.models.registry import build_network

    copy = build_network(network.config)
    copy.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    metadata = CheckpointMetadata(
        "sample", step, network.config, TrainingConfig(), vocabulary.characters
    )
    return Checkpoint(copy.eval(), metadata, "")


def _compose(checkpoint: Checkpoint, config: SampleConfig) -> str:
    from musicgen.sampling.composer import compose
    from musicgen.sampling.engine import build_engine

    engine = build_engine(checkpoint, config.precision)  # of no use to others: nothing keeps it
    end = time.monotonic() + DEADLINE_S
    written = ""

    def watch(texts: list[str]) -> None:
        nonlocal written
        written = texts[0]
        if time.monotonic() > end:
            raise _DeadlineError

    try:
        return compose(checkpoint, config, watch, engine)[0].abc
    except _DeadlineError:
        return written.rstrip("\n") + "\n"


def append_sample(path: Path, sample: Sample) -> None:
    """Adds a line to a file of samples.

    Raises:
        StorageError: it cannot be written.
    """
    with storing(path), path.open("a", encoding="utf-8") as file:
        file.write(_to_line(sample))


def read_samples(path: Path) -> tuple[Sample, ...]:
    """The samples of a file in order of their steps; lines torn or not ours are dropped."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ()
    found = {}
    for line in text.split("\n"):
        sample = _from_line(line)
        if sample:
            found[sample.step] = sample
    return tuple(found[step] for step in sorted(found))


def cut_samples(path: Path, last_step: int) -> None:
    """Forgets the samples after a step, for a run that goes on from there.

    Raises:
        StorageError: the file cannot be written.
    """
    if path.is_file():
        kept = [sample for sample in read_samples(path) if sample.step <= last_step]
        write_file(path, "".join(map(_to_line, kept)).encode("utf-8"))


def _to_line(sample: Sample) -> str:
    return json.dumps(asdict(sample), allow_nan=False) + "\n"


def _from_line(line: str) -> Sample | None:
    try:
        values: dict[str, Any] = parse_json(line)
        sample = Sample(**values)
    except (ValueError, TypeError):
        return None
    is_sound = (
        is_count(sample.step, _MAX_STEP)
        and type(sample.abc) is str
        and len(sample.abc) <= MAX_CHARACTERS
        and (sample.val_loss is None or is_number(sample.val_loss, 0.0))
        and type(sample.is_free) is bool
    )
    if not is_sound:
        return None
    return replace(sample, abc=without_attribution(sample.abc))  # earlier versions kept it all
