"""States of the grammar while a tune is written: small immutable values, hashable.

Times are ticks, `UNIT` of them to the unit note.
"""

from typing import NamedTuple


class Header(NamedTuple):
    """In the header. `seen` holds the letters of the fields that are done, in order.

    `field` is the letter of the line being written, empty at the start of one; `text` is its value
    so far, for words that may be anything only how much there is of it.
    """

    seen: str = ""
    field: str = ""
    has_colon: bool = False
    text: str = ""
    meter: str = ""
    unit: str = ""


class Form(NamedTuple):
    """What has been written of the form: counters that change at bar lines.

    `pickup` is the length of the upbeat with which every section begins, -1 while the first bar is
    open; `is_past_pickup` says that this section's upbeat is written. `ending` is 0, 1 or 2, or
    `OWED` between the first ending and a second one on the next line.
    """

    full: int
    sections: int = 0
    bars: int = 0
    pickup: int = -1
    is_past_pickup: bool = False
    ending: int = 0
    ending_bars: int = 0
    first_ending_bars: int = 0
    is_open: bool = False
    keys: int = 0


OWED = 3


class Plan(NamedTuple):
    """What the form allows in the bar that is open; all that a character's right hangs on.

    `limit` is how full the bar may become, `closing` how full it must be for a line that closes the
    section (-1: none may), `pickup` how full for it to be an upbeat (-1: none may be, 0: any short
    length).
    """

    full: int
    limit: int
    closing: int
    pickup: int
    may_go_on: bool
    may_split: bool
    may_split_before: bool
    ending: int
    may_owe: bool
    is_open: bool
    is_start: bool
    may_start: bool
    may_follow: bool
    may_end: bool
    may_change_key: bool


class Music(NamedTuple):
    """In the body. `kind` is the token being written, `part` its text so far.

    `kind` is empty between tokens, else ``a`` accidental, ``n`` note or rest, ``t`` tuplet, ``b``
    bar line, ``s`` chord symbol, ``g`` grace notes, ``k`` key. `after` is what stands before: empty
    for a token, a space, a line end, or ``!``. `sum`, `left` and `tuplet` belong to an open tuplet,
    `owed` is the length the second note of a broken pair must have, `tie` the note tied, `is_bound`
    says that a note must follow at once. `sharps` are the accidentals of the bar, `key` is
    kept only where the range is exact.
    """

    plan: Plan
    form: Form
    fill: int = 0
    kind: str = ""
    part: str = ""
    length: str = ""
    after: str = ""
    tuplet: int = 0
    left: int = 0
    sum: int = 0
    owed: int = 0
    tie: str = ""
    is_bound: bool = False
    has_rested: bool = False
    sharps: tuple[tuple[str, int], ...] = ()
    key: str = ""


class End(NamedTuple):
    """The tune is complete."""

    is_end: bool = True


GrammarState = Header | Music | End
END = End()
