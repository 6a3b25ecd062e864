"""What is true at each character of a tune, as numbers that units can be held against.

Place, section, degree and key are what `musicgen.models.position` reads, as a network with
positions is given them; bars that are played again are found by the reader of notation. A fact
holds *after* a character was read, as a recording does.

Shapes: T characters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.models.bar_boundaries import BARS_IN_PHRASE
from musicgen.models.position import FEATURES, METER_VALUES, MODE_FIFTHS, follow_positions
from musicgen.notation.parsing.reader import read_tune
from musicgen.translatable import N_, Sentence

Ints = NDArray[np.int64]

NOTHING = -1
"""The value of a fact where there is nothing to say: a beat in the header."""

BAR_LINE_AHEAD = 2
"""Characters ahead in which a bar line is looked for."""

_NAMES = list(FEATURES)
_STARTS = dict(zip(_NAMES, np.cumsum([0, *FEATURES.values()]).tolist(), strict=False))
_PLACES = 33
_BEAT_SIXTEENTHS = {"6/8": 6, "9/8": 6, "12/8": 6, "3/8": 2, "C|": 8}
_REST, _NO_DEGREE = 12, 13
_DEGREES = (
    N_("tonic"), N_("minor second"), N_("second"), N_("minor third"), N_("third"), N_("fourth"),
    N_("tritone"), N_("fifth"), N_("minor sixth"), N_("sixth"), N_("minor seventh"), N_("seventh"),
    N_("rest"),
)  # fmt: skip
_MODES = (
    N_("major"), N_("minor"), N_("dorian"), N_("mixolydian"), N_("phrygian"), N_("lydian"),
    N_("locrian"),
)  # fmt: skip
_FIFTHS = "FCGDAEB"


@dataclass(frozen=True)
class Fact:
    """Something that has one whole number, from 0 on, at each character, or `NOTHING`.

    `is_ordered` says that numbers count something, or are yes and no, so that a correlation means
    something; others are names.
    """

    name: str
    label: str
    help: str
    is_ordered: bool
    name_value: Callable[[int], Sentence]


@dataclass(frozen=True, eq=False)
class TuneFacts:
    """The values (T,) of each of `FACTS`, by name, over a text of T characters."""

    text: str
    values: Mapping[str, Ints]

    def words(self, place: int) -> dict[str, Sentence]:
        """What is true at a character, in words, by the name of the fact."""
        return {
            name: FACTS[name].name_value(int(values[place]))
            for name, values in self.values.items()
            if values[place] != NOTHING
        }


def read_facts(text: str, ahead: int = BAR_LINE_AHEAD) -> TuneFacts:
    """What is true at each character of a tune; never fails, whatever the text is.

    Args:
        text: One tune, without the blank line before it.
        ahead: Characters in which a bar line is looked for.
    """
    if not text:
        return TuneFacts("", {name: np.zeros(0, np.int64) for name in FACTS})
    rows = np.array(follow_positions(text), np.int64)
    is_body = _value(rows, "inside_token") > 0
    meter, sixteenths = np.divmod(_value(rows, "metre_and_place"), _PLACES)
    beats = np.array([_BEAT_SIXTEENTHS.get(name, 4) for name in METER_VALUES])
    bars = _value(rows, "bar_of_section") - 1
    degree = _value(rows, "degree_and_mode") // 7
    found = {
        "place": sixteenths,
        "beat": np.where(meter > 0, sixteenths // beats[meter], NOTHING),
        "bar_line": _find_bar_lines(text, ahead),
        "bar": np.where(bars >= 0, bars % BARS_IN_PHRASE, NOTHING),
        "section": _value(rows, "section"),
        "degree": np.where(degree == _NO_DEGREE, NOTHING, degree),
        "key": _value(rows, "key"),
        "repeat": _find_repeated(text),
    }
    found = {name: np.where(is_body, values, NOTHING) for name, values in found.items()}
    return TuneFacts(text, found | {"body": is_body.astype(np.int64)})


def _find_bar_lines(text: str, ahead: int) -> Ints:
    is_line = np.array([character == "|" for character in text])
    found = np.zeros(len(text), np.int64)
    for distance in range(1, ahead + 1):
        found[:-distance] |= is_line[distance:]
    return found


def _find_repeated(text: str) -> Ints:
    """Whether each character is of a bar that is played more than once."""
    tune, _problems = read_tune(text)
    found = np.full(len(text), NOTHING, np.int64)
    if tune.text != text:  # its places would be those of another text
        return found
    order = list(tune.play_order)
    for bar in tune.bars:
        found[bar.start : bar.end + 1] = order.count(bar.index) > 1
    return found


def _value(rows: Ints, name: str) -> Ints:
    values: Ints = rows[:, _NAMES.index(name)] - _STARTS[name]
    return values


def _yes_no(yes: str, no: str) -> Callable[[int], Sentence]:
    return lambda value: Sentence(yes if value else no)


def _name_key(value: int) -> Sentence:
    fifths, mode = value // 7 - 7 + MODE_FIFTHS[value % 7], value % 7
    sign, letter = divmod(fifths + 1, 7)
    signs = ("#" if sign > 0 else "b") * abs(sign)
    return Sentence(
        N_("{tonic} {mode}"), tonic=_FIFTHS[letter] + signs, mode=Sentence(_MODES[mode])
    )


def _counting(template: str, first: int = 1) -> Callable[[int], Sentence]:
    return lambda value: Sentence(template, number=value + first)


FACTS: Mapping[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact("place", N_("place in the bar"), N_("Sixteenth notes since the bar line."), True,
             _counting(N_("{number} sixteenths"), 0)),
        Fact("beat", N_("beat in the bar"), N_("Beats of the meter since the bar line."), True,
             _counting(N_("beat {number}"))),
        Fact("bar_line", N_("bar line ahead"), N_("Whether a bar line comes next or nearly so."),
             True, _yes_no(N_("bar line ahead"), N_("no bar line ahead"))),
        Fact("bar", N_("bar of the phrase"), N_("Which of the four bars of a phrase it is."), True,
             _counting(N_("bar {number} of 4"))),
        Fact("section", N_("section"), N_("Which section of the tune it is."), True,
             _counting(N_("section {number}"))),
        Fact("degree", N_("scale degree"), N_("The last note, upwards from the tonic."), False,
             lambda value: Sentence(_DEGREES[min(value, _REST)])),
        Fact("key", N_("key"), N_("The key that the tune states."), False, _name_key),
        Fact("repeat", N_("inside a repeat"), N_("Whether the bar is played more than once."), True,
             _yes_no(N_("repeated"), N_("played once"))),
        Fact("body", N_("header or body"), N_("Whether the music has begun."), True,
             _yes_no(N_("body"), N_("header"))),
    )
}  # fmt: skip
"""What units can follow, by name."""
