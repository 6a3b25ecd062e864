"""Every setting of the project, validated and frozen, with its bounds and its one-line meaning.

Bounds live here and nowhere else: the forms of the pages and the options of the command line read
them through `describe`.
"""

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from musicgen.errors import ConfigError

MAX_TEXT = 1_000
"""Characters of a setting that is a text, such as a meter or a name."""


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """What a form or a command line needs to know about one setting.

    Numbers lie between `low` and `high`, texts have at most `max_length` characters.
    """

    name: str
    kind: type
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    max_length: int = MAX_TEXT


def setting(
    default: Any,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    max_length: int = MAX_TEXT,
) -> Any:
    """A field of a settings class: its default, its meaning in one line, and its bounds."""
    bounds = {"low": low, "high": high, "choices": choices, "max_length": max_length}
    return field(default=default, metadata={"help": help} | bounds)


@dataclass(frozen=True)
class Settings:
    """Base of all settings: checks types and bounds when made, reads and writes plain JSON."""

    def __post_init__(self) -> None:
        for info in describe(type(self)):
            _check(info, getattr(self, info.name))

    def to_dict(self) -> dict[str, Any]:
        """All settings as JSON-ready values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from JSON values.

        Raises:
            ConfigError: a name is unknown, or a value has the wrong type or is out of its bounds.
        """
        names = {info.name for info in describe(cls)}
        unknown = sorted(str(name) for name in values if name not in names)
        if unknown:
            raise ConfigError(
                "There is no setting named {names}. Choose from: {known}.",
                names=", ".join(repr(name[:_LONGEST_SHOWN]) for name in unknown[:10]),
                known=", ".join(sorted(names)),
            )
        return cls(**values)

    def replace(self, **changes: Any) -> Self:
        """A copy with some settings changed, checked anew."""
        return type(self).from_dict(self.to_dict() | changes)


def describe(settings: type[Settings]) -> tuple[SettingInfo, ...]:
    """Name, type, default, bounds and meaning of every setting of a class, in order."""
    return tuple(
        SettingInfo(item.name, type(item.default), item.default, **item.metadata)
        for item in dataclasses.fields(settings)
    )


def _is_within(info: SettingInfo, value: Any) -> bool:
    return (info.low is None or value >= info.low) and (info.high is None or value <= info.high)


def _check(info: SettingInfo, value: Any) -> None:
    if info.kind is float and type(value) is int and -_LARGEST <= value <= _LARGEST:
        value = float(value)
    if isinstance(value, str) and len(value) > info.max_length:
        raise ConfigError(
            "{name} has {count:,} characters; at most {most:,} are read.",
            name=info.name,
            count=len(value),
            most=info.max_length,
        )
    if type(value) is not info.kind:
        raise _wrong_type(info, value)
    if info.choices and value not in info.choices:
        raise ConfigError(
            "{name} is {value!r}; choose from: {known}.",
            name=info.name,
            value=_shown(value),
            known=", ".join(info.choices),
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError("{name} must be a finite number.", name=info.name)
    if not _is_within(info, value):
        raise out_of_bounds(info.name, value, info.low, info.high)


def _wrong_type(info: SettingInfo, value: Any) -> ConfigError:
    return ConfigError(
        "{name} takes a value of type {kind}, not {value!r}.",
        name=info.name,
        kind=info.kind.__name__,
        value=_shown(value),
    )


_LARGEST = 10**300
_LONGEST_SHOWN = 60


def _shown(value: Any) -> Any:
    """A value as a message may quote it: a stranger's file can hold one of megabytes."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "…"
    text = repr(value)
    return value if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def out_of_bounds(name: str, value: Any, low: float | None, high: float | None) -> ConfigError:
    """The error that says between what a setting must lie."""
    return ConfigError(
        "{name} is {value}; it must lie between {low:,} and {high:,}.",
        name=name,
        value=_shown(value),
        low=low,
        high=high,
    )


@dataclass(frozen=True)
class NetworkConfig(Settings):
    """Shape of a network. `FROM_VOCABULARY` names what is set when a training starts."""

    kind: str = setting("lstm", "Kind of network, by its name in the registry.")
    vocab_size: int = setting(83, "Distinct characters the network knows.", 2, 4096)
    embedding_dim: int = setting(256, "Numbers that stand for one character.", 1, 2048)
    hidden_size: int = setting(1024, "Memory cells in each layer.", 1, 4096)
    num_layers: int = setting(1, "Layers on top of one another.", 1, 8)
    dropout: float = setting(
        0.0, "Share of values zeroed between layers while training: against memorising.", 0.0, 0.95
    )
    layer_norm: bool = setting(
        False, "Normalise the output of each LSTM layer; a kind without LSTM layers ignores it."
    )
    init: str = setting(
        "pytorch",
        "First weights: PyTorch's own, or a normal embedding and orthogonal recurrent matrices.",
        choices=("pytorch", "orthogonal"),
    )
    window: int = setting(
        128, "Characters that attention looks back on; a kind without it ignores this.", 1, 2048
    )
    position: bool = setting(
        False, "An echo network also reads where in bar, section and scale each character stands."
    )
    relative: bool = setting(
        False, "A network that reads positions also says which degree and interval come next."
    )
    recurrent_dropout: float = setting(
        0.0, "Share of an LSTM's recurrent weights left out at each training step.", 0.0, 0.95
    )
    bar_id: int = setting(-1, "Number of the bar line in the vocabulary; -1 for none.", -1, 4095)
    line_id: int = setting(-1, "Number of the line end in the vocabulary; -1 for none.", -1, 4095)
    colon_id: int = setting(-1, "Number of the colon in the vocabulary; -1 for none.", -1, 4095)
    characters: str = setting("", "The vocabulary, for a network that reads positions.")


FROM_VOCABULARY = ("vocab_size", "bar_id", "line_id", "colon_id", "characters")
"""Settings of a network that follow from its characters: nobody types them in."""


@dataclass(frozen=True)
class TrainingConfig(Settings):
    """How a network is trained."""

    source: str = setting("lab", "Corpus to learn from, by its name.")
    batch_size: int = setting(8, "Stretches of text looked at in one step.", 1, 1024)
    seq_len: int = setting(100, "Characters in each stretch.", 2, 2048)
    learning_rate: float = setting(5e-3, "Size of a step of the optimizer.", 1e-7, 1.0)
    max_steps: int = setting(3000, "Steps to train.", 1, 1_000_000)
    optimizer: str = setting(
        "adam", "The rule that turns gradients into steps.", choices=("adam", "adamw")
    )
    weight_decay: float = setting(0.0, "Pull of all weights towards zero.", 0.0, 10.0)
    grad_clip: float = setting(0.0, "Longest gradient allowed; 0 lets all pass.", 0.0, 1000.0)
    accumulate: int = setting(1, "Batches whose gradients make one step together.", 1, 64)
    schedule: str = setting(
        "constant",
        "How the learning rate moves over the training.",
        choices=("constant", "cosine", "one-cycle", "step"),
    )
    warmup_steps: int = setting(0, "Steps in which the learning rate rises from zero.", 0, 100_000)
    keep_zeros: bool = setting(
        False, "Weights that are zero at the start stay zero: for a pruned network."
    )
    label_smoothing: float = setting(0.0, "Share of certainty spread over all.", 0.0, 0.5)
    average: float = setting(0.0, "Share of the past in averaged weights; 0: none.", 0.0, 0.9999)
    carry_state: bool = setting(
        False, "Read tune after tune and remember across stretches; else begin anywhere anew."
    )
    transpose: int = setting(
        0, "Move each tune by up to so many semitones, another way at each reading.", 0, 6
    )
    truncate: float = setting(0.0, "Share of tunes cut behind a section.", 0.0, 1.0)
    vary_rhythm: float = setting(
        0.0, "Share of tunes whose pairs of notes are dotted or evened here and there.", 0.0, 1.0
    )
    curriculum: float = setting(
        0.0, "Share of the training over which tunes grow from short to long.", 0.0, 1.0
    )
    multi_task: float = setting(
        0.0,
        "Weight of place in the bar, scale degree, harmony and rhythm, learned beside; 0: none.",
        0.0,
        10.0,
    )
    teacher: str = setting("", "Trained model to learn from, by its name; empty for none.")
    teacher_weight: float = setting(
        0.9, "Share of what is learned that is the teacher's; the rest is the tunes'.", 0.0, 1.0
    )
    teacher_temperature: float = setting(
        1.0, "Above 1 the teacher's second choices count for more.", 0.5, 20.0
    )
    teacher_share: float = setting(
        1.0, "Share of the stretches that the teacher reads too; fewer take less time.", 0.0, 1.0
    )
    adversary: float = setting(
        0.0,
        "Weight of the reward from a discriminator of real and composed tunes; 0: none.",
        0.0,
        10.0,
    )
    adversary_batch: int = setting(16, "Tunes composed at a time for the discriminator.", 2, 256)
    adversary_length: int = setting(
        400, "Characters up to which tunes are composed for the discriminator, and read.", 16, 2000
    )
    adversary_interval: int = setting(
        4, "Steps from one batch of tunes for the discriminator to the next.", 1, 1000
    )
    preferences: float = setting(
        0.0, "Weight of learning which tune of a pair to prefer; 0: none.", 0.0, 10.0
    )
    preference_beta: float = setting(
        10.0, "Sharpness of preferences; the higher, the less a network moves.", 0.01, 1000.0
    )
    preference_likelihood: float = setting(
        0.5, "Weight of the likelihood of preferred tunes, within preferences.", 0.0, 10.0
    )
    preference_batch: int = setting(8, "Pairs of tunes compared in one step.", 1, 256)
    preference_pairs: str = setting(
        "", "File of pairs, by its name; empty: the model composes them, and its critic judges."
    )
    preference_count: int = setting(
        256, "Pairs that the model composes where no file is named.", 8, 10_000
    )
    plain: bool = setting(
        False, "Rewrite tunes of further books in the lab's plain manner; leave out the rest."
    )
    described: bool = setting(
        False, "Say book, rhythm, meter, form and key before the music, and leave out the title."
    )
    first_readings: int = setting(
        1, "Times that each pass reads the tunes of the first of several tunebooks.", 1, 20
    )
    patience: int = setting(
        0, "Looks at held-out tunes without progress after which to stop; 0 for never.", 0, 1000
    )
    eval_interval: int = setting(100, "Steps between two looks at held-out tunes.", 1, 100_000)
    save_interval: int = setting(200, "Steps between two saves.", 1, 100_000)
    samples: int = setting(
        12, "Short tunes composed along the way, to hear it learn; 0 for none.", 0, 50
    )
    moments: bool = setting(
        False, "Keep the weights at these tunes as well, to look inside what was learned when."
    )
    tracker: str = setting(
        "none",
        "A program that follows along, where it is installed.",
        choices=("none", "tensorboard", "comet"),
    )
    precision: str = setting(
        "auto",
        "Arithmetic: auto takes bfloat16 where the processor has it.",
        choices=("auto", "float32", "bfloat16"),
    )
    threads: int = setting(0, "Processor threads; 0 leaves one core to the screen.", 0, 256)
    seed: int = setting(0, "Start of all random numbers.", 0, 2**31 - 1)

    @property
    def has_tune_goals(self) -> bool:
        """Whether whole tunes count, beside the next character: the loss is not all then."""
        return self.adversary > 0 or self.preferences > 0


@dataclass(frozen=True)
class SampleConfig(Settings):
    """How tunes are drawn from a network."""

    temperature: float = setting(
        0.85, "Below 1 the network plays safe, above 1 it dares.", 0.05, 3.0
    )
    top_k: int = setting(0, "Choose among the k likeliest characters only; 0 for all.", 0, 4096)
    top_p: float = setting(
        1.0, "Choose among the likeliest characters that make up this share.", 0.01, 1.0
    )
    seed: int = setting(0, "The same seed gives the same tune.", 0, 2**31 - 1)
    count: int = setting(1, "Tunes to compose.", 1, 1000)
    candidates: int = setting(
        8, "Drawings of each tune, of which a model's critic keeps one; 1 keeps the first.", 1, 32
    )
    prompt: str = setting(
        "", "Beginning of the tune, in ABC; empty for a tune from nothing.", max_length=20_000
    )
    max_new_tokens: int = setting(
        1500, "Characters within which a tune comes to its end.", 1, 20_000
    )
    meter: str = setting("", "Meter, such as 6/8; empty leaves it to the network.")
    key: str = setting("", "Tonic and mode, such as E dorian; empty leaves them to the network.")
    unit: str = setting("", "Unit note length, such as 1/8; empty leaves it to the network.")
    rhythm: str = setting("", "Rhythm, such as jig or reel; it fixes the meter.")
    likeness: str = setting(
        "",
        "How much the later sections take from the first; empty leaves it to the network.",
        choices=("", "none", "little", "some", "much", "most"),
    )
    book: str = setting("", "Tunebook in whose manner to write; empty for the model's own.")
    sections: int = setting(0, "Sections of the tune; 0 leaves their number to the network.", 0, 16)
    bars: int = setting(0, "Bars in each section; 0 leaves them to the network.", 0, 64)
    range: str = setting("", "Instrument that must be able to play it, or two pitches: D-b, 62-83.")
    free: bool = setting(False, "Write without the grammar, right or wrong, as the lab does.")
    precision: str = setting(
        "float32",
        "Arithmetic of the network; int8 is faster, and the same seed gives another tune.",
        choices=("float32", "int8", "fixed"),
    )


def parse_setting(info: SettingInfo, text: str) -> Any:
    """The value that a text means for a setting, as typed on a command line.

    Raises:
        ConfigError: the text is not of the setting's type.
    """
    if info.kind is str:
        return text
    if info.kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() in words:
            return words[text.lower()]
    else:
        try:
            return info.kind(text)
        except ValueError:
            pass
    raise _wrong_type(info, text)


_INSTALLED = "_project"
"""Where an installed package has what a checkout has beside it (`setup.py`)."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the project keeps its files. `MUSICGEN_HOME` moves everything that is written.

    `project` holds the pages, the trained models and what npm fetches; `home` one's own files.
    `shared` is the home of somebody who lets one read runs and corpora and use what was fetched, as
    a teacher does; None where there is nobody. Nothing is written there but caches.
    """

    project: Path
    home: Path
    shared: Path | None = None

    @classmethod
    def default(cls) -> Self:
        """Of a checkout its folder for both; of an installed package the user's folder for data.

        `MUSICGEN_HOME`, where it is set, is the home of either, and `MUSICGEN_SHARED` what is
        shared with it.
        """
        package = Path(__file__).resolve().parent
        is_installed = (package / _INSTALLED).is_dir()
        project = package / _INSTALLED if is_installed else package.parent
        if home := os.environ.get("MUSICGEN_HOME"):
            shared = os.environ.get("MUSICGEN_SHARED")
            return cls(project, Path(home).expanduser(), Path(shared) if shared else None)
        if not is_installed:
            return cls(project, project)
        from platformdirs import user_data_path

        return cls(project, user_data_path("musicgen", appauthor=False))

    @property
    def common(self) -> Path:
        """The home that has what nobody makes of one's own: what was fetched, and caches."""
        return self.shared or self.home

    @property
    def sharing(self) -> Self | None:
        """The paths of whoever shares; None where nobody does."""
        return type(self)(self.project, self.shared) if self.shared else None

    @property
    def data(self) -> Path:
        """Corpora fetched at set-up."""
        return self.common / "data"

    @property
    def runs(self) -> Path:
        """One folder for each training run."""
        return self.home / "runs"

    @property
    def corpora(self) -> Path:
        """One folder for each corpus of one's own."""
        return self.home / "corpora"

    @property
    def reports(self) -> Path:
        """One folder for each report on what networks compose."""
        return self.home / "reports"

    @property
    def cache(self) -> Path:
        """What can be made again, and may be removed at any time."""
        return self.common / "cache"

    @property
    def preferences(self) -> Path:
        """One file for each set of pairs of tunes, of which one is preferred."""
        return self.home / "preferences"

    @property
    def listening(self) -> Path:
        """The file of listening studies, their ballots, and thumbs."""
        return self.home / "listening"

    @property
    def waits(self) -> Path:
        """How long the app let people wait."""
        return self.home / "waits"

    @property
    def versions(self) -> Path:
        """One small file for each line of versions of a model."""
        return self.home / "versions"

    @property
    def favourites(self) -> Path:
        """Where versions before the tunebook kept one small file for each favourite."""
        return self.home / "favourites"

    @property
    def tunebook(self) -> Path:
        """The tunes and sets somebody keeps, as an SQLite database."""
        return self.home / "tunebook.sqlite"

    @property
    def checkpoints(self) -> Path:
        """The checkpoints that come with the project."""
        return self.project / "checkpoints"

    @property
    def node_modules(self) -> Path:
        """What npm fetches at set-up; beside one's own files where the package is installed."""
        base = self.common if self.project.name == _INSTALLED else self.project
        return base / "node_modules"

    @property
    def abcjs(self) -> Path:
        """The engraving library, fetched by npm at set-up."""
        return self.node_modules / "abcjs" / "dist" / "abcjs-basic-min.js"

    @property
    def abc2svg(self) -> Path:
        """The folder of the engraver of numbered notation, fetched by npm at set-up."""
        return self.node_modules / "abc2svg"

    @property
    def fonts(self) -> Path:
        """The Chinese fonts, one folder for each, fetched by npm at set-up."""
        return self.node_modules / "@fontsource-variable"


def to_json(values: Mapping[str, Any]) -> str:
    """Readable JSON with a line end, the same for the same values."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
