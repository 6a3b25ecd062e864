"""Notes by scale degree and by interval: what a network says of a melody whatever its key.

A letter of ABC is another note of the scale in each key, so a network that only knows letters has
to learn each turn of melody seven times over. Here it also says, for each place, how much it wants
each *degree* of the scale next and each *interval* from the note before; every letter then gets
what its degree and its interval are wanted. The grading is learned, which letter is which degree
and interval is not: that follows from the key and the note before, which
`musicgen.models.position` reads.

Melodies as intervals or degrees, so that what is learned in one key holds in all, go back to
J. J. Bharucha and P. M. Todd, "Modeling the Perception of Tonal Structure with Neural Nets"
(Computer Music Journal 13 (4), 1989), and relative places as part of an output to the relative
attention of C.-Z. A. Huang et al., "Music Transformer" (2019).

Shapes: N places in any shape, F features of a position, M letters.
"""

import numpy as np
from numpy.typing import NDArray

from musicgen.models.position import FEATURES, MODE_FIFTHS, NO_STAFF, staff_position

Ints = NDArray[np.int64]

LETTERS = "CDEFGABcdefgab"
"""The notes that a degree and an interval are counted for, as they are written."""

REACH = 9
"""Steps of the scale, up and down, beyond which intervals are not told apart."""

DEGREES = 7
CLASSES = DEGREES + 2 * REACH + 1
"""What a network says of one place: a number for each degree, then one for each interval."""

NOTHING = CLASSES
"""The class of what does not count: a degree in a header, an interval from no note."""

_NAMES = list(FEATURES)
_STARTS = dict(zip(_NAMES, np.cumsum([0, *FEATURES.values()]).tolist(), strict=False))
_STAFF = np.array([staff_position(letter) for letter in LETTERS])
_MODE_FIFTHS = np.array(MODE_FIFTHS)


def letter_ids(characters: str) -> Ints:
    """The numbers of `LETTERS` in a vocabulary, (M,), -1 for one that it lacks."""
    return np.array([characters.find(letter) for letter in LETTERS])


def classify_letters(rows: Ints) -> tuple[Ints, Ints]:
    """The degree and the interval that each letter would be after each place.

    Args:
        rows: What `position.TunePosition.rows` gives, (N, F).

    Returns:
        Two arrays (N, M) of numbers in 0 to `CLASSES`, `NOTHING` included: degrees from 0 for the
        tonic, and intervals from `DEGREES` on. Where there is no tonic, degrees count from C.
    """
    key = _value(rows, "key")
    fifths = key // 7 - 7 + _MODE_FIFTHS[key % 7]
    tonic = 4 * fifths % DEGREES  # a fifth is four steps of the scale
    staff = _value(rows, "staff_position")
    degrees = (_STAFF - tonic[..., None]) % DEGREES
    intervals = np.clip(_STAFF - staff[..., None], -REACH, REACH) + REACH + DEGREES
    is_music = (_value(rows, "inside_token") > 0)[..., None]
    has_note = is_music & (staff != NO_STAFF)[..., None]
    return np.where(is_music, degrees, NOTHING), np.where(has_note, intervals, NOTHING)


def _value(rows: Ints, name: str) -> Ints:
    values: Ints = rows[..., _NAMES.index(name)] - _STARTS[name]
    return values
