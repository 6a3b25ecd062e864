"""``musicgen train``: a training in the terminal, with a progress bar, resumable."""

import dataclasses
import os
import sys
import threading
from collections.abc import Callable

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, json_option, on_option
from musicgen.cli.processes import (
    LAUNCHER,
    LOST,
    end_without_launcher,
    launcher_is_gone,
    train_in_processes,
)
from musicgen.cli.signals import asking_to_stop
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset, load_dataset, require_trainable
from musicgen.errors import ConfigError, MusicgenError, ProcessLost, RunError, StorageError
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.places.place import Place, Sitting, find_place
from musicgen.presets import PRESETS, Preset, apply_overrides, get_preset
from musicgen.training.estimate import TrainingEstimate, estimate_training, require_room
from musicgen.training.loop.distillation import follow_manner, resolve_teacher
from musicgen.training.loop.following import follow
from musicgen.training.loop.group import Group, is_in_group, opening_group, require_shareable
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.precision import choose_device
from musicgen.training.loop.session import TrainingSession
from musicgen.training.preference_pairs import resolve_pairs
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.trackers import check_tracker


@click.command("train")
@click.option("--preset", "preset_name", default="quick", show_default=True, metavar="NAME",
              help=f"Settings to start from: {', '.join(PRESETS)}.")  # fmt: skip
@click.option("--run", "run_id", metavar="NAME", help="Name of the run; a free one if not given.")
@click.option("--steps", type=int, help="Steps to train; with --resume, up to this step in all.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--from", "start_from", metavar="NAME",
              help="Checkpoint or run to go on from with other settings or tunes.")  # fmt: skip
@click.option("--teacher", metavar="NAME",
              help="Trained model to learn from, best with --preset student.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted or stopped.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Processes of this machine that share each batch.")  # fmt: skip
@on_option
@json_option
def train_command(  # noqa: PLR0913 - click hands over every option as an argument
    preset_name: str,
    run_id: str | None,
    steps: int | None,
    settings: tuple[str, ...],
    start_from: str | None,
    teacher: str | None,
    resume: bool,
    processes: int,
    place_name: str,
    as_json: bool,
) -> None:
    """Train a network. Ctrl-C saves and stops; --resume goes on as if nothing had happened."""
    if is_in_group():
        _join(run_id, resume, as_json)
        return
    paths = Paths.default()
    store = RunStore(paths.runs)
    overrides = _parse_settings(settings)
    if steps is not None:
        overrides["max_steps"] = str(steps)
    if teacher is not None:
        overrides["teacher"] = teacher
    if resume and start_from:
        raise ConfigError("Give --resume or --from, not both: a resumed run has its own weights.")
    place = find_place(place_name)
    if processes > 1 and not place.is_here:
        raise ConfigError("--processes are of this machine: give it or --on, not both.")
    if resume:
        run = _reopen(store, run_id, overrides, place, processes)
    else:
        preset = apply_overrides(get_preset(preset_name), overrides)
        check_tracker(preset.training)
        require_shareable(preset.training, processes)
        # What is missing or too small is said before a folder is made.
        start = load_checkpoint(find_checkpoint(start_from, paths).path) if start_from else None
        preset = follow_manner(preset, start, paths)
        config = preset.training
        require_shareable(config, processes)
        dataset = load_dataset(config.source, paths, config.plain, config.described)
        require_trainable(dataset, config)
        preset, taught_by = resolve_teacher(preset, paths, dataset.vocabulary)
        preset, pairs = resolve_pairs(preset, paths, start, dataset.vocabulary)
        shape = start.metadata.network if start else preset.network
        teacher_shape = taught_by.metadata.network if taught_by else None
        if place.is_here:
            estimate = estimate_training(shape, preset.training, teacher_shape)
            require_room(_times(estimate, processes), paths.runs)
        run_id = run_id or store.new_id(preset.name)
        run = store.create(run_id, preset, start, teacher=taught_by, pairs=pairs)
    if processes > 1:
        train_in_processes(run, processes, is_quiet=as_json)
        _report(run, run.info().status, as_json)
        return
    status = _train(run, paths, place.open_sitting, is_quiet=as_json)
    _report(run, status, as_json)


def _join(run_id: str | None, resume: bool, as_json: bool) -> None:
    """Takes part in a training of several processes, which `torchrun` or --processes started."""
    if not (run_id and resume):
        raise ConfigError(
            "Several processes train a run that is there: make it with --steps 1, then give each "
            "--run NAME --resume."
        )
    has_met = threading.Event()
    end_without_launcher(has_met)
    try:
        with opening_group(choose_device()) as group:
            has_met.set()
            if group.leads:
                _lead(group, run_id, as_json)
            else:
                with asking_to_stop(lambda: None):  # the leader is asked
                    follow(group)
    except ProcessLost:
        if LAUNCHER in os.environ:
            raise SystemExit(LOST) from None
        raise


def _lead(group: Group, run_id: str, as_json: bool) -> None:
    paths = Paths.default()
    try:
        run = RunStore(paths.runs).get(run_id)
        require_shareable(run.preset.training, group.size)

        def open_sitting(
            run: Run, dataset: Dataset, on_step: Callable[[StepMetrics], None]
        ) -> Sitting:
            return TrainingSession(run, dataset, on_step, group)

        status = _train(run, paths, open_sitting, is_quiet=as_json)
    except ProcessLost:
        raise
    except MusicgenError:
        group.dismiss()
        raise
    _report(run, status, as_json)


def _times(estimate: TrainingEstimate, processes: int) -> TrainingEstimate:
    """What several processes take at most: each has the weights, and its part of the batch."""
    return dataclasses.replace(estimate, memory_bytes=processes * estimate.memory_bytes)


def _parse_settings(settings: tuple[str, ...]) -> dict[str, str]:
    overrides = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise ConfigError(
                f"--set takes KEY=VALUE, such as learning_rate=0.001, not {setting!r}."
            )
        overrides[name.strip()] = value.strip()
    return overrides


def _reopen(
    store: RunStore,
    run_id: str | None,
    overrides: dict[str, str],
    place: Place,
    processes: int,
) -> Run:
    if not run_id:
        raise RunError("Say which run to go on with: --run NAME --resume.")
    run = store.get(run_id)
    steps = overrides.pop("max_steps", None)
    if overrides:
        raise ConfigError(
            "A resumed run keeps its settings; only --steps can be given with --resume."
        )
    if steps:
        run.set_max_steps(int(steps))
    preset = run.preset
    if place.is_here:
        estimate = estimate_training(preset.network, preset.training)
        require_room(_times(estimate, processes), run.path)
    require_shareable(preset.training, processes)
    return run


def _train(run: Run, paths: Paths, open_sitting: Callable[..., Sitting], is_quiet: bool) -> str:
    stop = threading.Event()
    preset: Preset = run.preset
    config = preset.training
    dataset = load_dataset(config.source, paths, config.plain, config.described)
    with tqdm(
        total=preset.training.max_steps, unit="step", disable=is_quiet or None, file=sys.stderr
    ) as bar:

        def show(metrics: StepMetrics) -> None:
            bar.update(metrics.step - bar.n)
            bar.set_postfix_str(_write_figures(metrics), refresh=False)
            if metrics.val_loss is not None:
                bar.write(f"step {metrics.step}: held-out loss {metrics.val_loss:.4f}", sys.stderr)

        session = open_sitting(run, dataset, show)
        with asking_to_stop(stop.set):
            status = session.train(lambda: stop.is_set() or launcher_is_gone())
    if not session.is_saved:
        raise StorageError(session.warning)
    if session.warning:
        echo(f"Warning: {session.warning}", err=True)
    return status


def _write_figures(metrics: StepMetrics) -> str:
    told = {"loss": metrics.train_loss} | metrics.figures
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in told.items())


def _report(run: Run, status: str, as_json: bool) -> None:
    info = run.info()
    if as_json:
        echo_json(
            {"run": info.id, "status": status, "step": info.step, "max_steps": info.max_steps,
             "best_val_loss": info.best_val_loss}
        )  # fmt: skip
        return
    best = "" if info.best_val_loss is None else f", best held-out loss {info.best_val_loss:.4f}"
    echo(f"{info.id}: {status} at step {info.step}{best}")
    echo(f"Hear it: python -m musicgen compose --checkpoint {info.id} --out out")
