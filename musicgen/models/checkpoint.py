"""Checkpoints: a folder with weights as safetensors and everything else as JSON.

``checkpoint.json`` names the format version, network, vocabulary, corpus and split, training
settings, metrics, licence and provenance; ``model.safetensors`` holds the weights, ``critic.json``,
where there is one, what chooses among several drawings (`musicgen.sampling.critic`). Weights are
floats (format version 1), in 8 bits with scales (version 2, `musicgen.models.int8_weights`) or in 4
(version 3, `musicgen.models.int4_weights`).
Loading runs no code from the file and refuses, with a sentence, what does not fit.
"""

import hashlib
import math
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from musicgen.config import NetworkConfig, Paths, TrainingConfig, to_json
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CheckpointError, MusicgenError
from musicgen.json_reading import is_count, parse_json, read_json
from musicgen.machine import available_memory_bytes
from musicgen.models import int4_weights, int8_weights
from musicgen.models.figures import MAX_TEXT, clean_figures
from musicgen.models.lstm_weights import LSTM_KINDS, LSTMWeights, expected_shapes
from musicgen.names import find_folder, is_name, normalize_name
from musicgen.storage import (
    is_file,
    is_folder,
    is_unfinished,
    list_folder,
    modified_ns,
    replacing_folder,
    whole_folder,
)

if TYPE_CHECKING:
    from musicgen.models.network import Network

Arrays = Mapping[str, NDArray[np.float32]]

FORMAT = "musicgen-checkpoint"
FLOAT, INT8, INT4 = "float", "int8", "int4"
"""How weights are kept."""

FORMAT_VERSIONS = {FLOAT: 1, INT8: 2, INT4: 3}
"""The version of the format that keeps weights so: older programs read those they know."""

WEIGHTS_FILE = "model.safetensors"
DEFAULT_CHECKPOINT = "house"
"""The model that plays where none is named."""

METADATA_FILE = "checkpoint.json"
CRITIC_FILE = "critic.json"
CURRENT = "current"
LINE_SUFFIX = ".json"
"""Of the files that say under which name which version of a model plays
(`musicgen.listening.versions`): an object whose ``current`` is the name of a model or run."""


MAX_METADATA_BYTES = 4_000_000
MAX_WEIGHTS_BYTES = 1_000_000_000
MAX_CRITIC_BYTES = 4_000_000
_WEIGHT_TYPES = ("float16", "bfloat16", "float32", "float64")
_COPIES = 3  # what is read, the same as float32, and the network
_READ_ATTEMPTS = 20


@dataclass(frozen=True)
class CheckpointMetadata:
    """All of a checkpoint but its weights.

    `corpus` tells source, fingerprint and sizes of the split; `metrics` the losses in nats per
    character (``val_loss`` and others); `created` is an ISO 8601 time in UTC; `weights` says how
    they are kept, ``float``, ``int8`` or ``int4``.
    """

    name: str
    step: int
    network: NetworkConfig
    training: TrainingConfig
    vocabulary: tuple[str, ...]
    preset: str = ""
    corpus: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    parameters: int = 0
    license: str = "MIT"
    created: str = ""
    weights: str = FLOAT

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values, the format and its version first."""
        values = {key: getattr(self, key) for key in self.__dataclass_fields__}
        if self.weights == FLOAT:
            del values["weights"]
        return (
            {"format": FORMAT, "format_version": FORMAT_VERSIONS[self.weights]}
            | values
            | {
                "network": self.network.to_dict(),
                "training": self.training.to_dict(),
                "vocabulary": "".join(self.vocabulary),
            }
        )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Metadata from JSON values.

        Raises:
            CheckpointError: it is not a checkpoint's, or of a newer version; figures that cannot be
                what they are called are left out.
            ConfigError, CorpusError: settings or vocabulary do not hold.
        """
        if values.get("format") != FORMAT:
            raise CheckpointError("This is not a checkpoint of this program.")
        weights = {version: kept for kept, version in FORMAT_VERSIONS.items()}
        version = values.get("format_version")
        if not isinstance(version, int) or version not in weights:
            raise CheckpointError(
                "This checkpoint has format version {version}; "
                "this program reads version {known}. Update the program.",
                version=str(version)[:20],
                known=max(weights),
            )
        told = set(cls.__dataclass_fields__) - {"weights"}  # which the version says
        known = {key: values[key] for key in values if key in told}
        _check_types(known)
        return cls(
            **known
            | {
                "metrics": clean_figures(known.get("metrics", {})),
                "network": NetworkConfig.from_dict(known["network"]),
                "training": TrainingConfig.from_dict(known["training"]),
                "vocabulary": Vocabulary(tuple(known["vocabulary"])).characters,
                "weights": weights[version],
            }
        )


class Checkpoint:
    """A trained network ready to use, in eval mode, with what is known about it.

    Args:
        network: The network; or the weights that were read of it, to be built when it is needed.
        metadata: What is known about it.
        fingerprint: What tells its weights, characters and critic from others.
        critic: The file of its critic; empty where it has none.
    """

    def __init__(
        self,
        network: "Network | LSTMWeights",
        metadata: CheckpointMetadata,
        fingerprint: str,
        critic: bytes = b"",
    ) -> None:
        self._source: Network | LSTMWeights = network
        self._lock = threading.Lock()
        self.metadata = metadata
        self.fingerprint = fingerprint
        self.critic = critic

    @property
    def extra_files(self) -> dict[str, bytes]:
        """What belongs to it beside weights and metadata, for `save_checkpoint`."""
        return {CRITIC_FILE: self.critic} if self.critic else {}

    @property
    def network(self) -> "Network":
        """The network itself; of an LSTM built, and torch imported, when it is first asked for."""
        with self._lock:
            if isinstance(self._source, LSTMWeights):
                self._source = _build(self._source.config, self._source.arrays)
            return self._source

    @property
    def loaded_weights(self) -> LSTMWeights | None:
        """The weights as they were read, where no network has been built of them yet."""
        source = self._source
        return source if isinstance(source, LSTMWeights) else None

    @property
    def name(self) -> str:
        """The name it was saved under."""
        return self.metadata.name

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The characters it knows."""
        return Vocabulary(self.metadata.vocabulary)


@dataclass(frozen=True)
class CheckpointRef:
    """Where a checkpoint lies. `origin` is ``bundled``, ``version``, ``run``, ``shared`` (a run
    or version of whoever shares) or ``file``.
    """

    name: str
    path: Path
    origin: str

    def metadata(self) -> CheckpointMetadata:
        """Reads the JSON only.

        Raises:
            CheckpointError: it is damaged or not a checkpoint.
        """
        return read_metadata(self.path)


def save_checkpoint(
    path: Path,
    network: "Network",
    metadata: CheckpointMetadata,
    *,
    half_precision: bool = False,
    weights: str = FLOAT,
    extra_files: dict[str, bytes] | None = None,
) -> None:
    """Writes a checkpoint folder in one piece, further files in it included.

    Args:
        path: The folder.
        network: Its weights are saved.
        metadata: All the rest.
        half_precision: Floats as float16 instead of float32.
        weights: How they are kept: `FLOAT`, or `INT8` or `INT4` with scales.
        extra_files: File name to content, such as the state of an optimizer.

    Raises:
        StorageError: the disk is full or the folder cannot be written; the old one is untouched.
    """
    data = _write_weights(network, weights, half_precision=half_precision)
    metadata = replace(metadata, weights=weights)
    with replacing_folder(path) as folder:
        (folder / WEIGHTS_FILE).write_bytes(data)
        (folder / METADATA_FILE).write_text(to_json(metadata.to_dict()), encoding="utf-8")
        for name, data in (extra_files or {}).items():
            (folder / name).write_bytes(data)


def _write_weights(network: "Network", weights: str, *, half_precision: bool) -> bytes:
    import torch
    from safetensors.torch import save as save_tensors

    state = network.state_dict()
    if weights != FLOAT:
        arrays = {name: value.detach().float().cpu().numpy() for name, value in state.items()}
        quantize = {INT8: int8_weights.quantize, INT4: int4_weights.quantize}[weights]
        return safetensors.numpy.save(quantize(arrays))
    dtype = torch.float16 if half_precision else torch.float32
    return save_tensors(
        {name: value.detach().to("cpu", dtype).contiguous() for name, value in state.items()}
    )


def read_metadata(path: Path) -> CheckpointMetadata:
    """The metadata of the checkpoint in a folder.

    Raises:
        CheckpointError: there is none, or it does not fit.
    """
    try:
        values = parse_json(_read(path / METADATA_FILE, MAX_METADATA_BYTES))
        return CheckpointMetadata.from_dict(values if isinstance(values, dict) else {})
    except ValueError as error:
        raise CheckpointError(
            "{name} is damaged: {file} is not readable.", name=_label(path), file=METADATA_FILE
        ) from error
    except CheckpointError as error:
        raise CheckpointError(
            "{name} cannot be used: {reason}", name=_label(path), reason=error
        ) from error
    except MusicgenError as error:
        raise CheckpointError(
            "{name} has settings that do not hold: {reason}", name=_label(path), reason=error
        ) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a folder, its network in eval mode and float32.

    An LSTM can compose from it without torch, which is imported when `Checkpoint.network` is used.

    Raises:
        CheckpointError: there is none, it is damaged, or its weights do not fit its settings.
    """
    metadata, data, critic = _read_together(path)
    config = metadata.network
    if config.vocab_size != len(metadata.vocabulary):
        raise CheckpointError(
            "{name} does not fit together: its network has {network} "
            "characters, its vocabulary {vocabulary}.",
            name=_label(path),
            network=config.vocab_size,
            vocabulary=len(metadata.vocabulary),
        )
    expected = _find_shapes(config)
    _require_memory(path, sum(math.prod(shape) for shape in expected.values()))
    weights = _parse_weights(path, data, expected, metadata.weights)
    if not all(bool(np.isfinite(value).all()) for value in weights.values()):
        raise CheckpointError(
            "{name} is damaged: some of its weights are not numbers.", name=_label(path)
        )
    is_lstm = config.kind in LSTM_KINDS
    network = LSTMWeights(config, weights) if is_lstm else _build(config, weights)
    identity = data + "".join(metadata.vocabulary).encode() + critic
    return Checkpoint(network, metadata, hashlib.sha256(identity).hexdigest()[:12], critic)


def _find_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight of a network."""
    if config.kind in LSTM_KINDS:
        return expected_shapes(config)
    from musicgen.models.registry import build_empty_network

    state = build_empty_network(config).state_dict()
    return {name: tuple(value.shape) for name, value in state.items()}


def _build(config: NetworkConfig, weights: Arrays) -> "Network":
    """A network with these weights, in eval mode."""
    import torch

    from musicgen.models.registry import build_network

    network = build_network(config)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return network.eval().requires_grad_(False)


def list_checkpoints(paths: Paths) -> list[CheckpointRef]:
    """All checkpoints there are: bundled ones (``house`` first), then the current versions of
    models that learn from people, then runs, the newest first, then what is shared.
    """
    own = _list_own(paths)
    return own + _list_shared(paths, own) if paths.shared else own


def _list_shared(paths: Paths, own: list[CheckpointRef]) -> list[CheckpointRef]:
    """What is shared, less what has a name of one's own."""
    taken = {ref.name for ref in own}
    found = _list_own(paths.sharing) if paths.sharing else []
    return [replace(ref, origin="shared") for ref in found if ref.name not in taken]


def _list_own(paths: Paths) -> list[CheckpointRef]:
    bundled = [
        CheckpointRef(normalize_name(folder.name), folder, "bundled")
        for folder in _folders(paths.checkpoints)
        if not is_unfinished(folder) and is_file(folder / METADATA_FILE)
    ]
    bundled.sort(key=lambda ref: (ref.name != DEFAULT_CHECKPOINT, ref.name))
    runs = [
        (modified_ns(folder / "best" / METADATA_FILE), folder)
        for folder in _folders(paths.runs)
        if is_file(folder / "best" / METADATA_FILE)
    ]
    runs.sort(reverse=True)
    known = bundled + [
        CheckpointRef(normalize_name(folder.name), folder / "best", "run") for _, folder in runs
    ]
    return [*bundled, *_list_lines(paths, known), *known[len(bundled) :]]


def _list_lines(paths: Paths, known: list[CheckpointRef]) -> list[CheckpointRef]:
    """The current versions of models that learn from people, under the names of their lines."""
    by_name = {ref.name: ref for ref in known}
    found = []
    for path in list_folder(paths.versions):
        name = normalize_name(path.stem)
        if path.suffix != LINE_SUFFIX or name in by_name or not is_name(name):
            continue
        try:
            current = by_name.get(read_json(path)[CURRENT])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if current:
            found.append(CheckpointRef(name, current.path, "version"))
    return sorted(found, key=lambda ref: ref.name)


def find_checkpoint(name: str, paths: Paths) -> CheckpointRef:
    """The checkpoint of that name, or in the folder that `name` is a path to.

    Where a home is shared, names alone are looked for: a path could lead to somebody else's.

    Raises:
        CheckpointError: there is none; the message lists the names there are.
    """
    known = list_checkpoints(paths)
    for ref in known:
        if ref.name == normalize_name(name):
            return ref
    path = Path(name)
    for folder in (path, path / "best") if not paths.shared else ():
        if name and is_file(folder / METADATA_FILE):
            return CheckpointRef(path.name, folder, "file")
    if is_name(normalize_name(name)) and is_file(find_folder(paths.runs, name) / "config.json"):
        raise CheckpointError(
            "The run {name!r} has saved no checkpoint yet. Wait for its first, or, where its "
            "training was interrupted: python -m musicgen train --run {name} --resume",
            name=normalize_name(name),
        )
    if name and not paths.shared and (is_file(path) or is_folder(path)):
        raise CheckpointError(
            "{name} is not a checkpoint: it has no {file}.", name=name, file=METADATA_FILE
        )
    names = ", ".join(ref.name for ref in known) or "none yet; train one first"
    raise CheckpointError(
        "There is no checkpoint named {name!r}. There are: {known}.", name=name, known=names
    )


def _folders(root: Path) -> list[Path]:
    """The folders in a folder; those that are being filled or emptied begin with a dot."""
    return [path for path in list_folder(root) if not path.name.startswith(".") and is_folder(path)]


def _label(folder: Path) -> str:
    """What people call a checkpoint: a run's name rather than its folder ``best``."""
    run = folder.parent.name
    is_hidden = run.startswith(".")  # an import that nobody has named yet
    return run if folder.name in ("best", "last") and not is_hidden else folder.name


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > limit:
                raise CheckpointError(
                    "{name} is too large to be a checkpoint of ours.", name=_label(path.parent)
                )
            return file.read(limit)
    except OSError as error:
        raise CheckpointError(
            "{name} is not a checkpoint: {file} cannot be read.",
            name=_label(path.parent),
            file=path.name,
        ) from error


def _read_together(path: Path) -> tuple[CheckpointMetadata, bytes, bytes]:
    """Metadata, weights and critic of one save, also while a training replaces the folder."""
    for _ in range(_READ_ATTEMPTS - 1):
        folder = whole_folder(path)
        try:
            metadata = read_metadata(folder)
            data = _read(folder / WEIGHTS_FILE, MAX_WEIGHTS_BYTES)
            critic = _read_critic(folder)
            if read_metadata(whole_folder(path)) == metadata:
                return metadata, data, critic
        except CheckpointError:
            if folder == path and whole_folder(path) == path:
                break  # nobody is replacing it: it is as broken as it looks
        time.sleep(0.05)
    data = _read(path / WEIGHTS_FILE, MAX_WEIGHTS_BYTES)
    return read_metadata(path), data, _read_critic(path)


def _read_critic(path: Path) -> bytes:
    file = path / CRITIC_FILE
    return _read(file, MAX_CRITIC_BYTES) if is_file(file) else b""


def _require_memory(path: Path, parameters: int) -> None:
    """Makes sure that a network has room, before it takes it."""
    wanted, free = _COPIES * 4 * parameters, available_memory_bytes()
    if free is not None and wanted > free:
        raise CheckpointError(
            "{name} needs {wanted:,.1f} GB of memory, and {free:,.1f} GB are free on this machine. "
            "Close other programs, or use a smaller model.",
            name=_label(path),
            wanted=wanted / 1e9,
            free=free / 1e9,
        )


def _parse_weights(
    path: Path, data: bytes, expected: Mapping[str, tuple[int, ...]], kept: str
) -> dict[str, NDArray[np.float32]]:
    """The weights as float32, once their names, shapes and types are those of the network."""
    read = {FLOAT: _read_arrays, INT8: _read_int8, INT4: _read_int4}[kept]
    try:
        weights = read(data)
    except (
        safetensors.SafetensorError, ValueError, KeyError, RuntimeError, ArithmeticError,
        MemoryError, AttributeError, TypeError,
    ) as error:  # fmt: skip
        raise CheckpointError(
            "{name} is damaged: {file} is not readable.", name=_label(path), file=WEIGHTS_FILE
        ) from error
    if expected != {name: value.shape for name, value in weights.items()}:
        raise CheckpointError(
            "{name} is damaged: its weights do not fit its settings.", name=_label(path)
        )
    return weights


def _read_int8(data: bytes) -> dict[str, NDArray[np.float32]]:
    return int8_weights.dequantize(safetensors.numpy.load(data))


def _read_int4(data: bytes) -> dict[str, NDArray[np.float32]]:
    return int4_weights.dequantize(safetensors.numpy.load(data))


def _read_arrays(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Weights in float32, those of other types than a network's left out.

    Types that NumPy lacks, such as bfloat16, are read by torch.
    """
    try:
        values = safetensors.numpy.load(data)
    except (KeyError, TypeError, AttributeError):
        from safetensors.torch import load as load_tensors

        found = load_tensors(data)
        return {
            name: value.float().numpy()
            for name, value in found.items()
            if str(value.dtype).removeprefix("torch.") in _WEIGHT_TYPES
        }
    return {
        name: np.array(value, dtype=np.float32)
        for name, value in values.items()
        if value.dtype.name in _WEIGHT_TYPES
    }


_TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str, "step": int, "network": dict, "training": dict, "vocabulary": str, "preset": str,
    "corpus": dict, "metrics": dict, "parameters": int, "license": str, "created": str,
}  # fmt: skip


def _check_types(values: dict[str, Any]) -> None:
    for key in ("name", "step", "network", "training", "vocabulary"):
        if key not in values:
            raise CheckpointError("{file} lacks {key!r}.", file=METADATA_FILE, key=key)
    for key, value in values.items():
        is_wrong = not isinstance(value, _TYPES[key])
        if is_wrong or (_TYPES[key] is int and not is_count(value)):
            raise CheckpointError(
                "{file} has a {key!r} of the wrong type.", file=METADATA_FILE, key=key
            )
        if key in _SHORT and len(value) > MAX_TEXT:
            raise CheckpointError(
                "{file} has a {key!r} that is too long.", file=METADATA_FILE, key=key
            )


_SHORT = ("name", "preset", "created")
