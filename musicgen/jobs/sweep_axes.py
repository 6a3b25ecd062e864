"""What a sweep varies: settings with the values that are tried, or with the two ends of a range."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from musicgen.config import (
    FROM_VOCABULARY,
    NetworkConfig,
    SettingInfo,
    TrainingConfig,
    describe,
    parse_setting,
)
from musicgen.errors import ConfigError
from musicgen.json_reading import is_number
from musicgen.models.kinds import check_kind
from musicgen.presets import Preset

Value = bool | int | float | str
"""A value of a setting."""

MAX_AXES = 8
MAX_VALUES = 64
"""Values of a setting that a sweep tries at most."""

EDGE_SHARE = 0.05
"""Share of a range at each of its ends where the best is said to lie at the edge."""

_FEWEST_WITH_EDGES = 3

_FIXED = ("max_steps", "eval_interval", "save_interval", "seed", "tracker", "moments", "samples")
"""Settings that a sweep sets by itself, or that change nothing it measures."""

_MEASURE = ("source", "plain", "described")
"""Settings that change the tunes on which the loss is taken."""

_RANGE = re.compile(r"(?P<low>[^.]*(?:\.\d[^.]*)?)\.\.(?P<high>[^:]+)(?P<log>:log)?")


@dataclass(frozen=True, slots=True)
class Axis:
    """A setting that a sweep varies. Checked when made.

    Either `values` are tried, numbers in ascending order and each once, or, where there are none,
    what lies between `low` and `high`, both included; `is_log` spreads it over the orders of
    magnitude.

    Raises:
        ConfigError: there is no such setting, a sweep cannot vary it, or a value does not hold.
    """

    name: str
    values: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False

    def __post_init__(self) -> None:
        info = find_setting(self.name)
        values = tuple(dict.fromkeys(_typed(info, value) for value in self.values))
        if info.kind in (int, float):
            values = tuple(sorted(values))
        object.__setattr__(self, "values", values)
        if len(values) > MAX_VALUES:
            raise ConfigError(
                "A sweep tries up to {most} values of {name}.", most=MAX_VALUES, name=self.name
            )
        if not values:
            self._check_range(info)

    def _check_range(self, info: SettingInfo) -> None:
        if info.kind not in (int, float):
            raise ConfigError("Name the values of {name} to try.", name=self.name)
        for end in ("low", "high"):
            object.__setattr__(self, end, _typed(info, getattr(self, end)))
        if not self.low < self.high or (self.is_log and self.low <= 0):
            raise ConfigError(
                "The range of {name} must go upwards, and from above 0 on a logarithmic scale.",
                name=self.name,
            )

    @property
    def is_range(self) -> bool:
        """Whether anything between two ends is tried."""
        return not self.values

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers, which have an order."""
        return find_setting(self.name).kind in (int, float)

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return find_setting(self.name).kind is int

    @property
    def smallest(self) -> Value:
        """The smallest value; of what has no order, the first."""
        return self.values[0] if self.values else self.low

    @property
    def largest(self) -> Value:
        """The largest value; of what has no order, the last."""
        return self.values[-1] if self.values else self.high

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        if self.values:
            return {"name": self.name, "values": list(self.values)}
        return {"name": self.name, "low": self.low, "high": self.high, "log": self.is_log}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Axis":
        """An axis from JSON values.

        Raises:
            ConfigError: they do not hold.
            TypeError, LookupError, ValueError: they are none.
        """
        name = values["name"]
        if not isinstance(name, str):
            raise TypeError("no name of a setting")
        if "values" in values:
            listed = values["values"]
            is_right = isinstance(listed, list) and 0 < len(listed) <= MAX_VALUES
            if not is_right or not all(isinstance(one, bool | int | float | str) for one in listed):
                raise TypeError("no values of a setting")
            return cls(name, tuple(listed))
        ends = values["low"], values["high"]
        if not all(map(is_number, ends)):
            raise TypeError("no range of a setting")
        return cls(name, (), *ends, is_log=values.get("log") is True)

    @classmethod
    def parse(cls, text: str) -> "Axis":
        """An axis as typed: ``dropout=0,0.2``, ``dropout=0..0.5``, ``dropout=0.01..0.5:log``.

        Raises:
            ConfigError: it is none.
        """
        name, sign, rest = (part.strip() for part in text.partition("="))
        if not sign or not rest:
            raise ConfigError(
                "Say what to vary as NAME=VALUE,VALUE or NAME=LOW..HIGH, not {text!r}.", text=text
            )
        info = find_setting(name)
        found = _RANGE.fullmatch(rest)
        if found and info.kind in (int, float):
            low, high = (parse_setting(info, found[end].strip()) for end in ("low", "high"))
            return cls(name, (), low, high, is_log=bool(found["log"]))
        parts = [part.strip() for part in rest.split(",")]
        return cls(name, tuple(parse_setting(info, part) for part in parts if part))


def find_setting(name: str) -> SettingInfo:
    """What is known of a setting that a sweep can vary.

    Raises:
        ConfigError: there is none of that name, or a sweep cannot vary it.
    """
    found = {info.name: info for info in list_settings()}
    if name in found:
        return found[name]
    if name == "seed":
        raise ConfigError("Seeds are no setting to vary: name several seeds instead.")
    if name in _MEASURE:
        raise ConfigError(
            "{name} changes the tunes on which the loss is taken, so that losses could not be "
            "compared. Make a sweep for each.",
            name=name,
        )
    raise ConfigError(
        "A sweep cannot vary {name!r}. Choose from: {known}.",
        name=name,
        known=", ".join(sorted(found)),
    )


def list_settings() -> list[SettingInfo]:
    """All settings that a sweep can vary, those of the training first."""
    left_out = {*FROM_VOCABULARY, *_FIXED, *_MEASURE}
    infos = (*describe(TrainingConfig), *describe(NetworkConfig))
    return [info for info in infos if info.name not in left_out]


def with_settings(preset: Preset, settings: Mapping[str, Value]) -> Preset:
    """A preset with some settings of its network or training changed.

    Raises:
        ConfigError: they do not hold together.
    """
    of_network = {info.name for info in describe(NetworkConfig)}
    network = {name: value for name, value in settings.items() if name in of_network}
    training = {name: value for name, value in settings.items() if name not in of_network}
    return replace(
        preset,
        network=preset.network.replace(**network),
        training=preset.training.replace(**training),
    )


def read_settings(preset: Preset, names: Sequence[str]) -> dict[str, Value]:
    """The values of some settings in a preset."""
    known = preset.training.to_dict() | preset.network.to_dict()
    return {name: known[name] for name in names}


def value_text(value: Value) -> str:
    """A value as one reads it: numbers with four digits that count."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def settings_text(settings: Mapping[str, Value]) -> str:
    """Settings with their values in one line."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in settings.items())


def is_at_edge(axis: Axis, value: Value) -> int:
    """Whether a value lies at the lower (-1) or upper (1) end of what was tried, else 0.

    Of lists with less than three values no end is one, and where the setting itself ends, neither.
    """
    if not axis.is_numeric or isinstance(value, str):
        return 0
    if axis.is_range:
        place = _place(axis, float(value))
        side = -1 if place <= EDGE_SHARE else 1 if place >= 1 - EDGE_SHARE else 0
    elif len(axis.values) < _FEWEST_WITH_EDGES:
        return 0
    else:
        side = -1 if value == axis.values[0] else 1 if value == axis.values[-1] else 0
    info = find_setting(axis.name)
    end, bound = (axis.smallest, info.low) if side < 0 else (axis.largest, info.high)
    return 0 if end == bound else side


def _place(axis: Axis, value: float) -> float:
    """Where a value lies in a range, 0..1."""
    if axis.is_log:
        return (math.log(value) - math.log(axis.low)) / (math.log(axis.high) - math.log(axis.low))
    return (value - axis.low) / (axis.high - axis.low)


def _typed(info: SettingInfo, value: Any) -> Value:
    """A value in the type of its setting, within its bounds.

    Raises:
        ConfigError: it is none.
    """
    is_count = info.kind is int and isinstance(value, float) and value.is_integer()
    if info.kind is float and type(value) is int:
        value = float(value)
    elif is_count:
        value = int(value)
    owner = NetworkConfig if info in describe(NetworkConfig) else TrainingConfig
    held = owner.from_dict({info.name: value})
    if isinstance(held, NetworkConfig):
        check_kind(held)
    typed: Value = value
    return typed
