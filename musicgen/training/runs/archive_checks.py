"""Whether the unpacked folder of a stranger's run holds what it should, and nothing that harms.

Texts that pages would show are either checked against what they can be, or written anew.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import safetensors

from musicgen.config import TrainingConfig, to_json
from musicgen.corpus.user_corpora import PREFIX
from musicgen.errors import ArchiveError, MusicgenError
from musicgen.evaluation.measures.convergence import find_best
from musicgen.json_reading import parse_json
from musicgen.models.checkpoint import load_checkpoint
from musicgen.models.kinds import check_kind
from musicgen.names import is_name, normalize_name
from musicgen.sampling.critic import find_critic
from musicgen.storage import write_file
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import Run
from musicgen.training.runs.run_admin import list_checkpoint_folders
from musicgen.training.runs.run_files import MAX_METRICS_LINE, MAX_STEP, Progress, parse_step
from musicgen.training.runs.summary import FLUENCY_FILE, looks_of, parse_fluency

_MOST_SOURCES = 32
_LONGEST_NAME = 64
_FINAL = ("finished", "stopped", "failed")
_STATE_FILES = ("trainer.json", "trainer.safetensors")


def check_contents(run: Run) -> None:
    """Reads every file of an unpacked run, and writes its status anew.

    Raises:
        ArchiveError: something does not hold; the message says what.
    """
    try:
        _rewrite_settings(run)
        metrics = _check_metrics(run.path / "metrics.jsonl")
        for name in list_checkpoint_folders(run):
            _check_checkpoint(run, name)
        _check_others(run)
    except ArchiveError:
        raise
    except MusicgenError as error:
        raise ArchiveError("This run cannot be taken in: {reason}", reason=error) from error
    _write_status(run, metrics)


def _rewrite_settings(run: Run) -> None:
    """Keeps what is known of the settings, once it holds; a cell of a sweep becomes a plain run."""
    created = _read_object(run.path / "config.json").get("created", "")
    try:
        datetime.fromisoformat(created or "")
    except (TypeError, ValueError) as error:
        raise _does_not_hold("config.json") from error
    preset = run.preset
    check_kind(preset.network)
    if not (_is_name(preset.name) and _holds_names(preset.training)):
        raise _does_not_hold("config.json")
    values = {
        "preset": preset.name,
        "created": created,
        "network": preset.network.to_dict(),
        "training": preset.training.to_dict(),
    }
    write_file(run.path / "config.json", to_json(values).encode("utf-8"))


def _holds_names(config: TrainingConfig) -> bool:
    """Whether corpus and teacher are called what they can be called."""
    sources = config.source.split("+")
    return (
        len(sources) <= _MOST_SOURCES
        and all(is_name(normalize_name(name.removeprefix(PREFIX))) for name in sources)
        and _is_name(config.teacher or "none")
        and _is_name(config.preference_pairs or "none")
    )


def _is_name(text: str) -> bool:
    """Whether a preset or model can be called so; spaces are allowed between words."""
    is_short = len(text) <= _LONGEST_NAME and not text.startswith(" ")
    return is_short and is_name(normalize_name(text.replace(" ", "")))


def _check_metrics(path: Path) -> list[StepMetrics]:
    """The records of the steps: numbers, in order; only the last line may be torn."""
    if not path.is_file():
        return []
    metrics: list[StepMetrics] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        while line := file.readline(MAX_METRICS_LINE):
            if not line.endswith("\n"):
                if file.readline(1):
                    raise _does_not_hold(path.name)
                break
            metrics.append(_parse_step(line, metrics[-1].step if metrics else 0))
    return metrics


def _parse_step(line: str, before: int) -> StepMetrics:
    try:
        item = parse_step(line)
    except ValueError as error:
        raise _does_not_hold("metrics.jsonl") from error
    if item.step <= before:
        raise _does_not_hold("metrics.jsonl")
    return item


def _check_checkpoint(run: Run, name: str) -> None:
    """Loads a checkpoint as for composing; its weights are safetensors, or refused."""
    folder = run.path / name
    checkpoint = load_checkpoint(folder)
    find_critic(checkpoint)
    metadata = checkpoint.metadata
    is_named = _is_name(metadata.preset or "own")
    if not (metadata.step <= MAX_STEP and is_named and _holds_names(metadata.training)):
        raise _does_not_hold(f"{name}/checkpoint.json")
    if name == "last":
        _check_state(folder)


def _check_state(folder: Path) -> None:
    """The state of optimizer and generators; whether it fits is found out when it goes on."""
    there = [(folder / name).is_file() for name in _STATE_FILES]
    if not all(there):
        raise _does_not_hold(f"last/{_STATE_FILES[there.index(False)]}")
    _read_object(folder / "trainer.json", "last/trainer.json")
    try:
        with safetensors.safe_open(folder / "trainer.safetensors", framework="pt") as file:
            file.keys()
    except (OSError, safetensors.SafetensorError) as error:
        raise _does_not_hold("last/trainer.safetensors") from error


def _check_others(run: Run) -> None:
    run.read_pairs()
    fluency = run.path / FLUENCY_FILE
    if fluency.is_file():
        try:
            parse_fluency(_read_object(fluency))
        except MusicgenError as error:
            raise _does_not_hold(FLUENCY_FILE) from error
    for path in (run.path / "samples.jsonl", *(run.path / "samples").glob("*")):
        if path.is_file():
            _check_samples(path, path.relative_to(run.path).as_posix())


def _check_samples(path: Path, label: str) -> None:
    """Texts as they are; JSON, a value a line or one in all, must be that. A last line may tear."""
    text = _read_text(path, label)
    lines = {".jsonl": text.split("\n")[:-1], ".json": [text]}.get(path.suffix, [])
    for line in lines:
        try:
            parse_json(line)
        except ValueError as error:
            raise _does_not_hold(label) from error


def _write_status(run: Run, metrics: list[StepMetrics]) -> None:
    """How the run ended, in words of ours: nothing trains it here.

    What it says beside that may be wrong, and is forgotten; that it can be read is asked for.
    """
    if (run.path / "status.json").exists():
        _read_object(run.path / "status.json")
    told = run.read_status()
    status = told["status"] if told["status"] in _FINAL else "stopped"
    best = find_best(looks_of(metrics))
    progress = Progress(best.loss, best.step) if best else _told_progress(told)
    last = metrics[-1].step if metrics else 0
    run.write_status(status, "", max(last, told["step"]), progress)


def _told_progress(told: dict[str, Any]) -> Progress:
    loss, step = told["best_val_loss"], told["best_step"]
    return Progress() if loss is None or not step else Progress(float(loss), step)


def _read_object(path: Path, label: str = "") -> dict[str, Any]:
    try:
        values = parse_json(_read_text(path, label or path.name))
    except ValueError as error:
        raise _does_not_hold(label or path.name) from error
    if not isinstance(values, dict):
        raise _does_not_hold(label or path.name)
    return values


def _read_text(path: Path, label: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _does_not_hold(label) from error


def _does_not_hold(file: str) -> ArchiveError:
    return ArchiveError(
        "This run cannot be taken in: its {file} is damaged or missing. Export it once more.",
        file=file,
    )
