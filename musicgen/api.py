"""The public interface: what programs may build on. `musicgen` itself offers all of it.

What stands here stays: a name is kept, and a change of what it does is told in CHANGELOG.md at
least one release before. Everything below other modules may move between releases.

::

    import musicgen

    model = musicgen.load_model("house")
    tune, = musicgen.compose(model, seed=7, rhythm="jig", key="G major")
    musicgen.render(tune, "jig.mid")
    musicgen.render(tune, "jig.pdf")
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError, MusicgenError

if TYPE_CHECKING:
    from musicgen.models.checkpoint import Checkpoint
    from musicgen.notation.model import Tune
    from musicgen.sampling.composer import Composition
    from musicgen.training.loop.metrics import StepMetrics

__all__ = [
    "MusicgenError",
    "SampleConfig",
    "compose",
    "load_model",
    "read_tunebook",
    "render",
    "train",
]


def load_model(name: str = "house") -> "Checkpoint":
    """A trained network with its vocabulary and its provenance.

    Args:
        name: One that comes with the package, a run of one's own, or the path of a checkpoint's
            folder.

    Raises:
        CheckpointError: there is none of that name, or it is damaged.
    """
    from musicgen.models.checkpoint import find_checkpoint, load_checkpoint

    return load_checkpoint(find_checkpoint(name, Paths.default()).path)


def compose(model: "Checkpoint | str" = "house", **settings: Any) -> "list[Composition]":
    """Complete tunes; the same model and settings give the same tunes.

    Args:
        model: As `load_model` gives it, or its name.
        settings: Those of `SampleConfig`, by name: `seed`, `count`, `temperature`, `rhythm`,
            `meter`, `key`, `sections`, `bars`, `range`, `prompt` and the rest.

    Returns:
        One `Composition` for each tune: its text (`public_abc`), the tune as it was read (`tune`),
        and the probability of each character (`char_probs`).

    Raises:
        ConfigError: there is no such setting, or its value is out of its bounds.
        CompositionError: the network cannot read what is asked for, or nothing was composed.
    """
    from musicgen.sampling.composer import compose as compose_tunes

    known = SampleConfig.__dataclass_fields__
    for name in settings:
        if name not in known:
            raise ConfigError(
                "There is no setting {name!r}. Choose from: {names}.",
                name=name,
                names=", ".join(known),
            )
    checkpoint = load_model(model) if isinstance(model, str) else model
    return compose_tunes(checkpoint, SampleConfig(**settings))


def read_tunebook(source: str | Path) -> "list[Tune]":
    """The tunes of a tunebook in ABC, in order; what could not be read in them is left out.

    Args:
        source: The path of a file in any usual encoding; or the text itself, which has a line end.

    Raises:
        OSError: the file cannot be read.
    """
    from musicgen.notation.parsing.tunebook import decode_text
    from musicgen.notation.parsing.tunebook import read_tunebook as read_tunes

    is_text = isinstance(source, str) and "\n" in source
    text = str(source) if is_text else decode_text(Path(source).read_bytes())
    return [tune for tune, _problems in read_tunes(text)]


def render(
    tune: "Composition | Tune | str",
    path: str | Path,
    *,
    transpose: int = 0,
    chords: bool = False,
    clef: str = "",
    octave: int = 0,
    **arrangement: Any,
) -> Path:
    """Writes a tune as a file; what is there already is written over.

    Args:
        tune: What was composed, a tune that was read, or a text in ABC.
        path: Its ending says the format: abc, mid, wav, mp3, ogg, flac, musicxml, pdf, svg or
            jianpu.pdf (numbered notation).
        transpose: Semitones up, or down where negative, -24..24; the sheet music moves along.
        chords: Name the chords above the staff.
        clef: The clef it is written in (`musicgen.notation.analysis.clefs.CLEFS`), as bass or
            treble-8; as the tune says if empty.
        octave: Octaves it is moved by as well, -2..2.
        arrangement: How it sounds, by name: `instrument`, `tempo_factor`, `lilt`, `ornaments`,
            `accompaniment`, `drum` and the volumes (`musicgen.audio.arrangement.Arrangement`).

    Returns:
        The path of the file.

    Raises:
        ConfigError: there is no such format, or a setting is out of its bounds.
        NotationError: the tune cannot be written down in that key.
        AudioError: the tune has no notes, or no synthesiser can play it.
        EngravingError: the tune cannot be drawn; SetupError: what draws it is not here.
    """
    from musicgen.audio.arrangement import Arrangement
    from musicgen.notation.analysis.clefs import CLEFS
    from musicgen.notation.parsing.reader import read_tune
    from musicgen.notation.writing.abc_writer import write_abc
    from musicgen.rendering.files.formats import FORMATS, ExportTune, from_composition
    from musicgen.rendering.playback_settings import PlaybackSettings
    from musicgen.sampling.composer import Composition
    from musicgen.storage import write_file

    path = Path(path)
    names = {one.suffix: name for name, one in FORMATS.items()}
    endings = [one for one in names if path.name.lower().endswith(f".{one}")]
    name = names[max(endings, key=len)] if endings else None
    if name is None:
        raise ConfigError(
            "No format has files that end in {ending!r}. Choose from: {endings}.",
            ending=path.suffix,
            endings=", ".join(names),
        )
    if clef and clef not in CLEFS:
        raise ConfigError(
            "There is no clef {name!r}. Choose from: {known}.", name=clef, known=", ".join(CLEFS)
        )
    settings = PlaybackSettings(Arrangement(**arrangement), transpose, chords, clef, octave)
    if isinstance(tune, Composition):
        made = from_composition(tune, stem=path.stem, playback=settings)
    else:
        read = settings.apply_to(read_tune(tune)[0] if isinstance(tune, str) else tune)
        made = ExportTune(path.stem, write_abc(read), read, arrangement=settings.arrangement)
    write_file(path, made.make(name))
    return path


def train(
    name: str,
    preset: str = "quick",
    on_step: "Callable[[StepMetrics], None]" = lambda _metrics: None,
    start: str = "",
    **settings: Any,
) -> "Checkpoint":
    """Trains a network and keeps it as a run, so that pages and command line know it, too.

    Args:
        name: What the run is called; `load_model` takes it afterwards.
        preset: Settings to begin with (`musicgen.presets.PRESETS`).
        on_step: Called after each step with its `StepMetrics`.
        start: The model to go on from, as `load_model` takes it; first weights if empty.
        settings: Changes to the preset, by name: `max_steps`, `learning_rate`, `hidden_size` …

    Returns:
        The checkpoint with the lowest held-out loss.

    Raises:
        ConfigError: there is no such preset or setting, or a value is out of its bounds.
        CorpusError: the corpus is not here (`python -m musicgen.installation lab`) or too small.
        RunError: a run of that name exists; TrainingDiverged: the loss is no finite number.
        StorageError: the run could not be saved.
    """
    from musicgen.corpus.dataset import load_dataset, require_trainable
    from musicgen.errors import StorageError
    from musicgen.presets import apply_overrides, get_preset
    from musicgen.training.loop.distillation import follow_manner, resolve_teacher
    from musicgen.training.loop.session import TrainingSession
    from musicgen.training.preference_pairs import resolve_pairs
    from musicgen.training.runs.run import RunStore

    paths = Paths.default()
    chosen = apply_overrides(
        get_preset(preset), {key: str(value) for key, value in settings.items()}
    )
    begun = load_model(start) if start else None
    chosen = follow_manner(chosen, begun, paths)
    config = chosen.training
    dataset = load_dataset(config.source, paths, config.plain, config.described)
    require_trainable(dataset, chosen.training)
    chosen, taught_by = resolve_teacher(chosen, paths, dataset.vocabulary)
    chosen, pairs = resolve_pairs(chosen, paths, begun, dataset.vocabulary)
    run = RunStore(paths.runs).create(name, chosen, begun, teacher=taught_by, pairs=pairs)
    session = TrainingSession(run, dataset, on_step)
    session.train(lambda: False)
    if not session.is_saved:
        raise StorageError(session.warning)
    return load_model(run.info().id)
