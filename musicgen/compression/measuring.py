"""What each version of a model costs: size, memory, speed, and what it still knows."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicgen.compression.dynamic_quantization import DYNAMIC, DynamicEngine, open_engine
from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import CheckpointError, MusicgenError
from musicgen.evaluation.judge.cross_validation import judge_tunes
from musicgen.evaluation.judge.features import extract_features
from musicgen.evaluation.loss.engine_adapter import SteppedNetwork
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.measures.fluency import compose_freely
from musicgen.evaluation.measures.syntax import check_tunes
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.models.checkpoint import (
    WEIGHTS_FILE,
    CheckpointMetadata,
    CheckpointRef,
    find_checkpoint,
    list_checkpoints,
    load_checkpoint,
)
from musicgen.sampling.decoding import compute_probs, draw
from musicgen.sampling.engine import Engine, has_int8

AT_ONCE = (1, 16)
"""Tunes composed at once where speed is measured."""

JUDGE = "ngrams"
"""The detector whose area under the curve is told: the one that needs the fewest tunes."""

_CHARACTERS, _ROUNDS = 60, 5

_START = """
import json, sys, time
from pathlib import Path
from musicgen.machine import resident_bytes
import numpy, onnxruntime
before, start = resident_bytes() or 0, time.perf_counter()
from musicgen.models.checkpoint import load_checkpoint
from musicgen.compression.dynamic_quantization import open_engine
engine = open_engine(load_checkpoint(Path(sys.argv[1])), sys.argv[2])
engine.step(numpy.zeros(1, numpy.int64), engine.init_state(1))
taken = time.perf_counter() - start
print(json.dumps([taken, (resident_bytes() or before) - before]))
"""


@dataclass(frozen=True, slots=True)
class VariantFigures:
    """All figures of one version, in one arithmetic.

    Args:
        name: The checkpoint's.
        made: How it was made smaller, such as ``int8`` or ``units 0.4``; empty of an original.
        precision: Arithmetic it was measured in, ``float32``, ``int8`` or ``dynamic``.
        size_bytes: Of its weights on the disk; of PyTorch's dynamic quantisation, which is never
            on the disk, what its layers take.
        parameters: Numbers it has.
        zero_share: Share of them that are zero.
        memory_bytes: What a process takes for it more.
        start_s: Seconds from nothing to the first character.
        loss: Nats a character on test tunes.
        body_loss: The same over their bodies.
        tunes: Tunes composed without the grammar.
        in_time_share: Share of them that keep time.
        auc: How well a detector (`JUDGE`) tells these tunes from real held-out ones, 0.5 if not at
            all; None with too few tunes.
        character_us: Microseconds a character and tune, for each of `AT_ONCE`.
    """

    name: str
    made: str
    precision: str
    size_bytes: int
    parameters: int
    zero_share: float
    memory_bytes: int
    start_s: float
    loss: float
    body_loss: float
    tunes: int
    in_time_share: float
    auc: Estimate | None
    character_us: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)


def find_variants(names: Sequence[str], paths: Paths) -> list[CheckpointRef]:
    """The checkpoints of these names, each with the versions that were made from it, these by how
    they were made.

    Raises:
        CheckpointError: there is none of a name.
    """
    found: dict[Path, CheckpointRef] = {}
    for name in names:
        ref = find_checkpoint(name, paths)
        found[ref.path] = ref
        fingerprint = load_checkpoint(ref.path).fingerprint
        made = []
        for other in list_checkpoints(paths):
            try:
                known = other.metadata()
            except MusicgenError:
                continue
            if fingerprint in [one.get("fingerprint") for one in _origins(known)]:
                made.append((describe_origin(known), other.name, other))
        for _origin, _name, other in sorted(made, key=lambda one: one[:2]):
            found.setdefault(other.path, other)
    return list(found.values())


def _origins(metadata: CheckpointMetadata) -> Iterator[Mapping[str, Any]]:
    """What a checkpoint was made smaller from, the last first, through trainings in between."""
    corpus: Any = metadata.corpus
    for _ in range(8):
        made, begun = corpus.get("compressed_from"), corpus.get("started_from")
        corpus = made if isinstance(made, Mapping) and made else begun
        if not isinstance(corpus, Mapping) or not corpus:
            return
        if isinstance(made, Mapping) and made:
            yield made


def describe_origin(metadata: CheckpointMetadata) -> str:
    """How a version was made, such as ``units 0.4``; with ``trained on`` where it learned since."""
    made = metadata.corpus.get("compressed_from")
    begun = metadata.corpus.get("started_from")
    suffix = ""
    if not made and isinstance(begun, Mapping):
        made, suffix = begun.get("compressed_from"), ", trained on"
    if not isinstance(made, Mapping) or not made:
        return ""
    share = made.get("share")
    told = f" {share:g}" if isinstance(share, float) else ""
    return f"{str(made.get('method', ''))[:20]}{told}{suffix}"


def measure_all(
    names: Sequence[str],
    paths: Paths,
    tunes: int,
    on_step: Callable[[str, int, int], None] = lambda _name, _done, _total: None,
) -> list[VariantFigures]:
    """Figures of all versions of these models, in every arithmetic they have.

    Args:
        names: The models.
        paths: Where everything lies.
        tunes: To compose of each, for the share that keeps time; 0 leaves that out.
        on_step: Called before each with its name, how many are done and how many there are.

    Raises:
        CheckpointError: there is none of a name, or test tunes of nothing are wanted.
        CorpusError: the test tunes are not here.
    """
    planned = [
        (ref, precision)
        for ref in find_variants(names, paths)
        for precision in _arithmetics(ref.metadata())
    ]
    found = []
    for number, (ref, precision) in enumerate(planned):
        on_step(f"{ref.name}, {precision}", number, len(planned))
        found.append(measure_variant(ref, precision, paths, tunes))
    return found


def _arithmetics(metadata: CheckpointMetadata) -> tuple[str, ...]:
    """In which a version is measured; of what was made smaller, not in PyTorch's own as well."""
    if not has_int8(metadata.network.kind):
        return ("float32",)
    return ("float32", "int8") if describe_origin(metadata) else ("float32", "int8", DYNAMIC)


def measure_variant(ref: CheckpointRef, precision: str, paths: Paths, tunes: int) -> VariantFigures:
    """Figures of one version in one arithmetic.

    Raises:
        CheckpointError: it is damaged.
        CorpusError: the test tunes are not here.
    """
    checkpoint = load_checkpoint(ref.path)
    known = checkpoint.metadata
    network = checkpoint.network
    first = str(known.corpus.get("source", "lab")).split("+")[0]
    dataset = load_dataset(first, paths, known.training.plain, known.training.described)
    engine = open_engine(checkpoint, precision)
    stepped = network if precision == "float32" else SteppedNetwork(network, engine=engine)
    losses = compute_loss(stepped, checkpoint.vocabulary, dataset.texts("test"))
    start_s, memory_bytes = _measure_start(ref.path, precision)
    texts = compose_freely(checkpoint, tunes, engine=engine)
    weights = [value for value in network.state_dict().values() if value.ndim > 1]
    zeros = sum(int((value == 0).sum()) for value in weights)
    return VariantFigures(
        ref.name,
        describe_origin(known),
        precision,
        _measure_size(ref.path, engine),
        network.num_parameters,
        zeros / max(1, sum(value.numel() for value in weights)),
        memory_bytes,
        start_s,
        losses.loss,
        losses.body_loss,
        tunes,
        check_tunes(texts).in_time_tunes / tunes if tunes else float("nan"),
        _judge(texts, [*dataset.texts("test"), *dataset.texts("val")]),
        measure_speed(engine),
    )


def _measure_size(path: Path, engine: Engine) -> int:
    if isinstance(engine, DynamicEngine):
        return engine.size_bytes
    return (path / WEIGHTS_FILE).stat().st_size


def _judge(composed: Sequence[str], real: Sequence[str]) -> Estimate | None:
    """How well composed tunes are told from real ones that the network has not learned from."""
    ours, theirs = ([extract_features(text) for text in side] for side in (composed, real))
    return judge_tunes(theirs, ours, [JUDGE]).auc(JUDGE)


def measure_speed(engine: Engine) -> tuple[float, ...]:
    """Microseconds a character and tune, of the composer's loop without the grammar.

    The median of a few rounds, for each of `AT_ONCE`.
    """
    found = []
    for count in AT_ONCE:
        times = []
        uniforms = np.random.default_rng(0).random((_CHARACTERS, count))
        for _ in range(_ROUNDS):
            state, ids = engine.init_state(count), np.zeros(count, np.int64)
            start = time.perf_counter()
            for row in uniforms:
                logits, state = engine.step(ids, state)
                ids = draw(compute_probs(logits), row)
            times.append(time.perf_counter() - start)
        found.append(1e6 * statistics.median(times) / (_CHARACTERS * count))
    return tuple(found)


def _measure_start(path: Path, precision: str) -> tuple[float, int]:
    """Seconds to the first character and bytes of memory, in a process of its own."""
    command = [sys.executable, "-c", _START, str(path), precision]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckpointError("{name} cannot be started: {reason}", name=path,
                              reason=done.stderr.strip().rpartition("\n")[2][:200])  # fmt: skip
    seconds, memory = json.loads(done.stdout)
    return float(seconds), int(memory)
