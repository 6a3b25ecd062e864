r"""Pairs of tunes of which one is preferred, in a file of JSON lines.

::

    {"chosen": "X:1\nT:...\n", "rejected": "X:1\nT:...\n"}

A file may come from a stranger: it is bounded in size, and a line that is no such pair is refused
with its number.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from musicgen.config import Paths, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError, PreferenceError
from musicgen.json_reading import parse_json
from musicgen.models.checkpoint import Checkpoint
from musicgen.names import is_name, make_name, normalize_name
from musicgen.presets import Preset
from musicgen.storage import is_file, list_folder, write_file

SUFFIX = ".jsonl"
MIN_PAIRS = 4
"""Fewer are no example of anything."""

MAX_PAIRS = 20_000
MAX_CHARACTERS = 4_000
"""Of a tune: a step reads several tunes at once, as long as the longest."""

MAX_FILE_BYTES = 100_000_000
_MAX_LINE_BYTES = 100_000
_HELD_OUT = 10


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """Two tunes in ABC, of which `chosen` is preferred to `rejected`."""

    chosen: str
    rejected: str


def split_pairs(
    pairs: Sequence[PreferencePair],
) -> tuple[list[PreferencePair], list[PreferencePair]]:
    """Pairs to learn from, and those held out: the last of every ten, or the last of all."""
    held_out = list(pairs[_HELD_OUT - 1 :: _HELD_OUT]) or list(pairs[-1:])
    left_out = set(held_out)
    return [pair for pair in pairs if pair not in left_out], held_out


def write_pairs(path: Path, pairs: Iterable[PreferencePair]) -> None:
    """Writes pairs, one a line.

    Raises:
        StorageError: the file cannot be written.
    """
    write_file(path, to_lines(pairs))


def to_lines(pairs: Iterable[PreferencePair]) -> bytes:
    """The content of a file of pairs."""
    lines = (
        json.dumps({"chosen": pair.chosen, "rejected": pair.rejected}, ensure_ascii=False)
        for pair in pairs
    )
    return "".join(line + "\n" for line in lines).encode("utf-8")


def read_pairs(path: Path) -> list[PreferencePair]:
    """The pairs in a file, in order, each once.

    Raises:
        PreferenceError: it cannot be read, a line is no pair, or there are too few or too many.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise PreferenceError("The pairs of {name} cannot be read.", name=path.stem) from error
    lines = text.split("\n")
    if len(data) > MAX_FILE_BYTES or len(lines) > MAX_PAIRS + 1:
        raise PreferenceError(
            "{name} has too many pairs: at most {most:,} are read.", name=path.stem, most=MAX_PAIRS
        )
    numbered = enumerate(lines, 1)
    found = [_parse(line, number, path.stem) for number, line in numbered if line.strip()]
    pairs = list(dict.fromkeys(found))
    if len(pairs) < MIN_PAIRS:
        raise PreferenceError(
            "{name} has {count} different pairs; at least {least} are needed.",
            name=path.stem,
            count=len(pairs),
            least=MIN_PAIRS,
        )
    return pairs


def _parse(line: str, number: int, name: str) -> PreferencePair:
    try:
        return _read_pair(parse_json(line, max_bytes=_MAX_LINE_BYTES))
    except ValueError as error:
        raise PreferenceError(
            'Line {number} of {name} is no pair: it takes {{"chosen": ABC, "rejected": ABC}}, two '
            "different tunes without blank lines in them, of at most {most:,} characters.",
            number=number,
            name=name,
            most=MAX_CHARACTERS,
        ) from error


def _read_pair(values: Any) -> PreferencePair:
    if not isinstance(values, dict) or set(values) != {"chosen", "rejected"}:
        raise ValueError("other keys")
    pair = PreferencePair(_read_tune(values["chosen"]), _read_tune(values["rejected"]))
    if pair.chosen == pair.rejected:
        raise ValueError("twice the same tune")
    return pair


def _read_tune(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= len(value) <= MAX_CHARACTERS:
        raise ValueError("no text of a tune")
    text = value.strip("\n") + "\n"
    if "\n\n" in text:
        raise ValueError("a blank line would end the tune")
    return text


def list_pairs(paths: Paths) -> list[str]:
    """The names of the files of pairs among one's own, sorted."""
    found = (path for path in list_folder(paths.preferences) if path.suffix == SUFFIX)
    return sorted(name for path in found if is_name(name := normalize_name(path.stem)))


def find_pairs(name: str, paths: Paths) -> Path:
    """The file of pairs of that name, or at that path.

    Raises:
        PreferenceError: there is none.
    """
    if is_name(name) and is_file(path := paths.preferences / f"{normalize_name(name)}{SUFFIX}"):
        return path
    if is_file(path := Path(name)) and path.suffix == SUFFIX:
        return path
    raise PreferenceError(
        "There are no pairs named {name!r}. There are: {known}.",
        name=name,
        known=", ".join(list_pairs(paths)) or "none yet",
    )


def require_start(config: TrainingConfig, start: Checkpoint | None) -> None:
    """Makes sure that goals over whole tunes begin with a network that composes tunes.

    Raises:
        ConfigError: there is no checkpoint to start from.
    """
    if start is None and config.has_tune_goals:
        raise ConfigError(
            "Adversarial training and preferences go on from a trained model: choose one to start "
            "from, or set adversary and preferences to 0."
        )


def resolve_pairs(
    preset: Preset, paths: Paths, start: Checkpoint | None, vocabulary: Vocabulary
) -> tuple[Preset, list[PreferencePair]]:
    """The preset with its pairs called by name, even where a path was given, and the pairs.

    No pairs, and no name of any, where the settings want none or name no file.

    Args:
        preset: The settings.
        paths: Where files of pairs are found.
        start: What the training starts from.
        vocabulary: The characters of the corpus.

    Raises:
        ConfigError: preferences or an adversary are asked for without a start.
        PreferenceError: there is no such file, it is damaged, or has characters that neither the
            model nor the corpus has.
    """
    config = preset.training
    require_start(config, start)
    if start is None or not (config.preferences and config.preference_pairs):
        return replace(preset, training=config.replace(preference_pairs="")), []
    path = find_pairs(config.preference_pairs, paths)
    pairs = read_pairs(path)
    text = "".join(pair.chosen + pair.rejected for pair in pairs)
    known = start.vocabulary.characters
    if unknown := [c for c in vocabulary.unknown(text) if c not in known]:
        raise PreferenceError(
            "Neither the model nor the corpus has {unknown}, which are in {name}. Take these "
            "tunes out of the pairs.",
            unknown=", ".join(map(repr, unknown[:10])),
            name=path.stem,
        )
    name = path.stem if is_name(normalize_name(path.stem)) else make_name(path.stem) or "pairs"
    return replace(preset, training=config.replace(preference_pairs=name)), pairs
