"""An endless row of tunes: sets of three in one rhythm, each tune in a key near that of the last.

So sets are put together at sessions and dances. The row follows from its seed alone; nothing is
composed here.
"""

import random
from collections.abc import Mapping, Sequence

from musicgen.config import SampleConfig
from musicgen.notation.analysis.instruments import Instrument, count_sharps
from musicgen.notation.grammar.rules import METERS, RHYTHMS
from musicgen.notation.parsing.fields import parse_key

TUNES_IN_A_SET = 3

STYLES: Mapping[str, tuple[str, ...]] = {
    "mixed": ("reel", "jig", "polka", "hornpipe", "slip jig", "waltz"),
    "reels": ("reel",),
    "jigs": ("jig",),
    "slip jigs": ("slip jig",),
    "hornpipes": ("hornpipe",),
    "polkas": ("polka",),
    "waltzes": ("waltz",),
}
"""Rhythms that follow one another, by the name of the style."""

RELATED: Mapping[str, tuple[str, ...]] = {
    "D Major": ("G Major", "A Major", "E Dorian", "B Minor", "A Mixolydian"),
    "G Major": ("D Major", "A Dorian", "E Minor", "C Major", "D Mixolydian"),
    "A Major": ("D Major", "E Dorian", "F# Minor", "A Mixolydian"),
    "C Major": ("G Major", "A Minor", "D Dorian"),
    "A Mixolydian": ("D Major", "E Dorian", "A Dorian"),
    "D Mixolydian": ("G Major", "A Dorian", "D Major"),
    "E Dorian": ("D Major", "A Mixolydian", "E Minor"),
    "A Dorian": ("G Major", "D Mixolydian", "E Minor"),
    "D Dorian": ("C Major", "G Major", "A Minor"),
    "E Minor": ("G Major", "D Major", "E Dorian", "B Minor"),
    "A Minor": ("C Major", "G Major", "A Dorian"),
    "B Minor": ("D Major", "E Minor", "A Major"),
    "F# Minor": ("A Major", "B Minor", "D Major"),
}
"""Keys that follow one another well: neighbours on the circle of fifths, and those of one tonic."""

_FIRST = ("D Major", "G Major", "A Major", "E Dorian", "A Dorian", "E Minor", "A Mixolydian")


def configs_around(
    key: str,
    rhythm: str,
    meter: str,
    seed: int,
    config: SampleConfig,
    instrument: Instrument | None = None,
) -> list[SampleConfig]:
    """What the tunes of a set are to be that begins with a tune there is already.

    Args:
        key: Of that tune, such as ``D Major``; empty where it has none.
        rhythm: What it is, such as ``jig``; empty, or what no tune can be asked for, leaves it to
            the meter.
        meter: Its meter, such as ``6/8``; as with the rhythm.
        seed: The same seed plans the same tunes.
        config: Everything else, such as the temperature.
        instrument: Its range is kept to, and its usual keys where they go with that tune.
    """
    luck = random.Random(f"around {seed}")
    config = _within_range(config, instrument)
    wanted = rhythm if rhythm in RHYTHMS else ""
    beat = "" if wanted or meter not in METERS else meter
    used, found = {key}, []
    for _place in range(TUNES_IN_A_SET - 1):
        near = _usual(RELATED.get(key, (key,)), instrument)
        key = luck.choice([other for other in near if other not in used] or near)
        used.add(key)
        own_seed = luck.randrange(2**31)
        found.append(config.replace(rhythm=wanted, key=key, meter=beat, seed=own_seed, count=1))
    return found


def config_for(
    number: int,
    style: str,
    seed: int,
    config: SampleConfig,
    instrument: Instrument | None = None,
) -> SampleConfig:
    """What tune `number` (from 0) of an endless row is to be: rhythm, key and a seed of its own.

    Args:
        number: Place in the row.
        style: One of `STYLES`.
        seed: Start of the whole row.
        config: Everything else, such as the temperature.
        instrument: Its range and its usual keys are kept to.
    """
    config = _within_range(config, instrument)
    place, within = divmod(number, TUNES_IN_A_SET)
    luck = random.Random(f"{seed} {place}")
    rhythm = luck.choice(STYLES[style])
    at_home = _usual(tuple(RELATED), instrument)
    first = [key for key in _FIRST if key in at_home] or at_home
    key = luck.choice(first)
    used = {key}
    for _step in range(within):
        near = [other for other in _usual(RELATED[key], instrument) if other not in used]
        near = near or [other for other in at_home if other not in used]
        key = luck.choice(near)
        used.add(key)
    own_seed = random.Random(f"{seed} {number} tune").randrange(2**31)
    return config.replace(rhythm=rhythm, key=key, meter="", seed=own_seed, count=1)


def _within_range(config: SampleConfig, instrument: Instrument | None) -> SampleConfig:
    return config.replace(range=instrument.range) if instrument else config


def _usual(keys: Sequence[str], instrument: Instrument | None) -> list[str]:
    """Those of some keys that an instrument is usually played in; all where it has none of them."""
    usual = [key for key in keys if instrument is None or _sharps(key) in instrument.sharps]
    return usual or list(keys)


def _sharps(key: str) -> int | None:
    read = parse_key(key)
    return count_sharps(read) if read else None
