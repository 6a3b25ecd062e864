"""An endless row of tunes: sets of three in one rhythm, each tune in a key near that of the last.

So sets are put together at sessions and dances. The row follows from its seed alone; nothing is
composed here.
"""

import random
from collections.abc import Mapping

from musicgen.config import SampleConfig
from musicgen.notation.grammar.rules import METERS, RHYTHMS

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
    key: str, rhythm: str, meter: str, seed: int, config: SampleConfig
) -> list[SampleConfig]:
    """What the tunes of a set are to be that begins with a tune there is already.

    Args:
        key: Of that tune, such as ``D Major``; empty where it has none.
        rhythm: What it is, such as ``jig``; empty, or what no tune can be asked for, leaves it to
            the meter.
        meter: Its meter, such as ``6/8``; as with the rhythm.
        seed: The same seed plans the same tunes.
        config: Everything else, such as the temperature.
    """
    luck = random.Random(f"around {seed}")
    wanted = rhythm if rhythm in RHYTHMS else ""
    beat = "" if wanted or meter not in METERS else meter
    used, found = {key}, []
    for _place in range(TUNES_IN_A_SET - 1):
        near = RELATED.get(key, (key,))
        key = luck.choice([other for other in near if other not in used] or list(near))
        used.add(key)
        own_seed = luck.randrange(2**31)
        found.append(config.replace(rhythm=wanted, key=key, meter=beat, seed=own_seed, count=1))
    return found


def config_for(number: int, style: str, seed: int, config: SampleConfig) -> SampleConfig:
    """What tune `number` (from 0) of an endless row is to be: rhythm, key and a seed of its own.

    Args:
        number: Place in the row.
        style: One of `STYLES`.
        seed: Start of the whole row.
        config: Everything else, such as the temperature.
    """
    place, within = divmod(number, TUNES_IN_A_SET)
    luck = random.Random(f"{seed} {place}")
    rhythm = luck.choice(STYLES[style])
    key = luck.choice(_FIRST)
    used = {key}
    for _step in range(within):
        near = [other for other in RELATED[key] if other not in used] or list(RELATED[key])
        key = luck.choice(near)
        used.add(key)
    own_seed = random.Random(f"{seed} {number} tune").randrange(2**31)
    return config.replace(rhythm=rhythm, key=key, meter="", seed=own_seed, count=1)
