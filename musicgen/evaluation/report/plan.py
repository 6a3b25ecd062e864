"""What a report is asked for: which checkpoints compose how many tunes, and how daring."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from musicgen.config import SampleConfig, describe, out_of_bounds
from musicgen.errors import ConfigError
from musicgen.json_reading import is_count, is_number

MAX_COUNT = 1000
MAX_CELLS = 24
MAX_CHECKPOINTS = 6
HELD_OUT_SIDES = ("val", "test")
FIRST_SEED = 1
_MOST = 100
"""Names, temperatures or manners that a file may list; fewer make a plan."""

_LONGEST_NAME = 4_096  # a checkpoint may be named by its folder


@dataclass(frozen=True, slots=True)
class Cell:
    """One set of tunes to compose: by whom, how daring, and without the grammar or not."""

    checkpoint: str
    temperature: float
    is_free: bool

    @property
    def key(self) -> str:
        """A name for it that holds no path: place in the plan is not part of it."""
        return f"{self.checkpoint}@{self.temperature:g}{'-free' if self.is_free else ''}"


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """Settings of a report; tune number i of each cell has the seed ``seed + i``.

    `free` says whether tunes are written with the grammar (False), without it (True), or both.
    `count` 0 composes nothing: losses and real tunes alone. `judge` says whether detectors try to
    tell the composed tunes from real ones, which takes some time.
    """

    checkpoints: tuple[str, ...]
    count: int = 100
    temperatures: tuple[float, ...] = (1.0,)
    free: tuple[bool, ...] = (False,)
    side: str = "val"
    seed: int = FIRST_SEED
    judge: bool = True

    def __post_init__(self) -> None:
        """Checks bounds.

        Raises:
            ConfigError: a setting is out of its bounds.
        """
        if type(self.count) is not int or not 0 <= self.count <= MAX_COUNT:
            raise out_of_bounds("count", self.count, 0, MAX_COUNT)
        info = next(item for item in describe(SampleConfig) if item.name == "temperature")
        for value in self.temperatures:
            SampleConfig(temperature=value, seed=self.seed)
            if not isinstance(value, int | float):
                raise out_of_bounds("temperature", value, info.low, info.high)
        if self.side not in HELD_OUT_SIDES:
            raise ConfigError(
                "{name} is {value!r}; choose from: {known}.",
                name="side",
                value=self.side,
                known=", ".join(HELD_OUT_SIDES),
            )
        if len(self.checkpoints) > MAX_CHECKPOINTS or len(self.cells()) > MAX_CELLS:
            raise ConfigError(
                "A report has at most {checkpoints} models and {cells} sets of tunes. Choose fewer "
                "models or temperatures.",
                checkpoints=MAX_CHECKPOINTS,
                cells=MAX_CELLS,
            )

    def cells(self) -> tuple[Cell, ...]:
        """The sets of tunes to compose, in their order; none where the count is 0."""
        if not self.count:
            return ()
        return tuple(
            Cell(checkpoint, float(temperature), is_free)
            for checkpoint in dict.fromkeys(self.checkpoints)
            for temperature in dict.fromkeys(self.temperatures)
            for is_free in dict.fromkeys(self.free)
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The plan of JSON values; one that was made before there was a judge has none.

        Raises:
            ConfigError: a setting is out of its bounds.
            KeyError, TypeError, ValueError: it is no plan.
        """
        names, count, temperatures, free, side, seed = (
            values[key] for key in ("checkpoints", "count", "temperatures", "free", "side", "seed")
        )
        judge = values.get("judge", False)
        is_right = (
            all(
                isinstance(item, list) and len(item) <= _MOST
                for item in (names, temperatures, free)
            )
            and all(isinstance(name, str) and len(name) <= _LONGEST_NAME for name in (*names, side))
            and all(isinstance(value, bool) for value in (*free, judge))
            and all(is_number(value) for value in temperatures)
            and is_count(count)
            and is_count(seed)
        )
        if not is_right:
            raise ValueError("no plan")
        return cls(
            tuple(names), count, tuple(map(float, temperatures)), tuple(free), side, seed, judge
        )
