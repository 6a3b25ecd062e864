"""What a listening study is: which versions meet, what listeners are asked, and how many of them.

A plan is a JSON file, or made on the page::

    {"title": "Tunes for a Tuesday", "versions": [{"model": "house"}, {"model": "real"}],
     "pairs": 20, "listeners": 30}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Self

from musicgen.config import SampleConfig, Settings, describe, setting
from musicgen.errors import ConfigError, MusicgenError, StudyError
from musicgen.translatable import N_

REAL = "real"
"""The version that is no model: held-out tunes of a corpus."""

MOST_VERSIONS = 6
MAX_PLAN_BYTES = 100_000

SCALES = ("liked", "play", "tradition", "machine")
"""What can be asked: how much it is liked, whether one would play it, whether it sounds like the
tradition, and whether a machine made it."""

PAIR_QUESTIONS = {
    "liked": N_("Which of the two do you like better?"),
    "play": N_("Which of the two would you rather play?"),
    "tradition": N_("Which of the two sounds more like the tradition?"),
    "machine": N_("Which of the two did a machine make?"),
}
RATING_QUESTIONS = {
    "liked": N_("How much do you like it?"),
    "play": N_("Would you play it?"),
    "tradition": N_("Does it sound like the tradition?"),
    "machine": N_("Did a machine make it?"),
}
RATING_ENDS = {
    "liked": (N_("not at all"), N_("very much")),
    "play": (N_("never"), N_("right away")),
    "tradition": (N_("not at all"), N_("entirely")),
    "machine": (N_("surely a person"), N_("surely a machine")),
}
"""What the lowest and the highest answer of each scale mean."""

MOST_RATING = 5

WISHES = ("rhythm", "meter", "key", "sections", "bars", "range")
"""Settings of `SampleConfig` that a study can ask of its tunes."""


@dataclass(frozen=True)
class Version(Settings):
    """One of what is compared."""

    model: str = setting("house", "Name of a model, or real for held-out tunes of the corpus.")
    temperature: float = setting(
        SampleConfig().temperature, "How adventurous it composes.", 0.05, 2.0
    )
    label: str = setting("", "What it is called in the results.", max_length=60)

    @property
    def name(self) -> str:
        """What it is called in the results; listeners never see it."""
        if self.label:
            return self.label
        return self.model if self.model == REAL else f"{self.model} · {self.temperature:g}"


@dataclass(frozen=True)
class StudySettings(Settings):
    """How a study is carried out."""

    design: str = setting(
        "pairs", "Two tunes at a time, or one that is rated.", choices=("pairs", "ratings")
    )
    scales: str = setting(
        "liked", "What is asked: liked, play, tradition, machine; several only for ratings."
    )
    tunes: int = setting(20, "Tunes of each version.", 2, 100)
    pairs: int = setting(20, "Pairs, or tunes to rate, that each listener gets.", 2, 100)
    listeners: int = setting(30, "Listeners after whom the study is counted.", 2, 1000)
    looks: int = setting(1, "How often the count is looked at, the last time included.", 1, 5)
    practice: bool = setting(True, "Begin with a practice pair that does not count.")
    checks: int = setting(1, "Pairs in which one tune is plain noise, to see who listens.", 0, 5)
    ties: bool = setting(True, "Allow listeners to say that they cannot decide.")
    has_score: bool = setting(False, "Show the sheet music.")
    same_key: bool = setting(True, "Move all tunes to one tonic, D.")
    seconds: int = setting(30, "Longest excerpt in seconds; 0 plays whole tunes.", 0, 300)
    break_after: int = setting(10, "Ballots after which a break is offered; 0 for none.", 0, 100)
    difference: float = setting(
        0.6, "Share of preferences that the study is to tell from a half.", 0.51, 0.95
    )
    spread: float = setting(
        0.4,
        "How far tastes and tunes differ: their standard deviation in log-odds. With 0 the count "
        "is of the tunes that were heard, else of the versions.",
        0.0,
        3.0,
    )
    margin: float = setting(
        0.56, "Share of preferences up to which two versions count as equal.", 0.51, 0.8
    )
    source: str = setting("lab", "Corpus of the real tunes.")
    seed: int = setting(0, "Of the tunes and of the order in which they are heard.", 0, 2**30)
    rhythm: str = setting("", "Rhythm, such as jig or reel.")
    meter: str = setting("", "Meter, such as 6/8.")
    key: str = setting("", "Tonic and mode, such as E dorian.")
    sections: int = setting(0, "Sections of a tune.", 0, 16)
    bars: int = setting(0, "Bars in each section.", 0, 64)
    range: str = setting("", "Instrument that must be able to play it.")

    @property
    def scale_names(self) -> tuple[str, ...]:
        """The scales, in the order in which they are asked."""
        return tuple(part.strip() for part in self.scales.split(",") if part.strip())

    @property
    def is_paired(self) -> bool:
        """Whether two tunes are compared at a time."""
        return self.design == "pairs"


@dataclass(frozen=True)
class StudyPlan:
    """A study before anybody has listened.

    Raises:
        StudyError: it is not one that can be carried out.
    """

    title: str
    versions: tuple[Version, ...]
    settings: StudySettings = field(default_factory=StudySettings)

    def __post_init__(self) -> None:
        if not 0 < len(self.title.strip()) <= 80:
            raise StudyError("A study needs a title of at most 80 characters.")
        least = 2 if self.settings.is_paired else 1
        if not least <= len(self.versions) <= MOST_VERSIONS:
            raise StudyError(
                "A study compares {least} to {most} versions, not {count}.",
                least=least,
                most=MOST_VERSIONS,
                count=len(self.versions),
            )
        if len({version.name for version in self.versions}) < len(self.versions):
            raise StudyError("Two versions have the same name: give one of them another label.")
        self._check_settings()

    def _check_settings(self) -> None:
        settings, names = self.settings, self.settings.scale_names
        if not names or set(names) - set(SCALES) or len(set(names)) < len(names):
            raise StudyError("The scales of a study are some of {known}.", known=", ".join(SCALES))
        if settings.is_paired and len(names) > 1:
            raise StudyError("Pairs are compared on one scale; rate single tunes to use several.")
        if settings.pairs > settings.tunes:
            raise StudyError(
                "Nobody is to hear a tune twice: {pairs} pairs need as many tunes of each "
                "version, not {tunes}.",
                pairs=settings.pairs,
                tunes=settings.tunes,
            )

    @property
    def version_pairs(self) -> tuple[tuple[int, int], ...]:
        """All pairs of versions that meet, by their places, the lower first."""
        return tuple(combinations(range(len(self.versions)), 2))

    @property
    def planned_ballots(self) -> int:
        """How many ballots count when the study is complete."""
        return self.settings.listeners * self.settings.pairs

    @property
    def slots(self) -> int:
        """How many tunes of each version are needed, those of practice and checks included."""
        return self.settings.tunes + self.practice_slots + self.settings.checks

    @property
    def practice_slots(self) -> int:
        """Tunes of each version for practice, which follow the others."""
        return int(self.settings.practice)

    def wishes(self) -> dict[str, Any]:
        """What is asked of all tunes, as settings of `SampleConfig`."""
        values = {name: getattr(self.settings, name) for name in WISHES}
        return {name: value for name, value in values.items() if value}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "title": self.title,
            "versions": [version.to_dict() for version in self.versions],
            **self.settings.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: object) -> Self:
        """The plan that JSON values mean.

        Raises:
            StudyError: they mean none; the message says what is wrong.
        """
        if not isinstance(values, Mapping):
            raise StudyError("A plan is an object with a title and versions.")
        rest = dict(values)
        title, versions = rest.pop("title", ""), rest.pop("versions", None)
        if not isinstance(title, str) or not isinstance(versions, Sequence | None):
            raise StudyError("A plan is an object with a title and versions.")
        try:
            read = tuple(_read_version(one) for one in versions or ())
            SampleConfig(**{name: rest[name] for name in WISHES if name in rest})
            return cls(title.strip(), read, StudySettings.from_dict(rest))
        except StudyError:
            raise
        except MusicgenError as error:
            raise StudyError("The plan does not hold: {reason}", reason=error) from error


def _read_version(values: object) -> Version:
    if isinstance(values, str):
        return parse_version(values)
    if not isinstance(values, Mapping):
        raise ConfigError("a version is a name, or an object with a model and a temperature.")
    return Version.from_dict(values)


def parse_version(text: str) -> Version:
    """A version as people type it: ``house``, ``house:0.9`` or ``real``.

    Raises:
        ConfigError: the temperature is none.
    """
    model, _, temperature = text.partition(":")
    if not temperature:
        return Version(model=model.strip())
    try:
        return Version(model=model.strip(), temperature=float(temperature))
    except ValueError as error:
        raise ConfigError("{text!r} is no temperature.", text=temperature[:40]) from error


def setting_help() -> dict[str, str]:
    """What each setting of a study means, by its name."""
    return {info.name: info.help for info in describe(StudySettings)}
