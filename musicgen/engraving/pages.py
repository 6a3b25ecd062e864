"""Where everything stands on the page: a head with the title, lines of music, a foot.

Lengths are in points (1/72 inch), y downwards from the top of a page; lines of music keep the
pixels of the engraver and are scaled as they are placed.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from musicgen.engraving.engraver import STAFF_HEIGHT, Engraving, System
from musicgen.engraving.fonts import measure
from musicgen.engraving.shapes import Shape, Writing
from musicgen.notation.model import Tune

A4 = (595.28, 841.89)
"""Width and height of a page."""

MARGIN = 40.0
"""Left free on all sides: 14 mm, which every printer can print up to."""

_WIDTH = A4[0] - 2 * MARGIN
_FOOT = 22.0  # what the foot takes above the lower margin
CLEAR_PX = 10.0  # between the lowest of one line and the highest of the next
_STAFF_DISTANCE_PX = 38.0  # from staff to staff where nothing stands between
_LOOSE_PX = (30.0, 60.0)  # how much further apart the lines of the last page and others may move
_TITLE, _SUBTITLE, _SMALL, _TINY = 22.0, 14.0, 11.0, 7.5
_RUNNING = 3.2 * _SMALL  # the title above further pages
_SMALLEST = 0.7  # how far a long title shrinks before it is parted, or cut
_SIGNS = str.maketrans({"#": "♯", "b": "♭"})


@dataclass(frozen=True, slots=True)
class TuneNames:
    """What dances and keys (``D major``) are called in the reader's language."""

    rhythm: Callable[[str], str] = str
    key: Callable[[str], str] = str


IN_ENGLISH = TuneNames()


@dataclass(frozen=True, slots=True)
class Block:
    """Shapes put on a page: scaled first, then moved."""

    shapes: tuple[Shape, ...]
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """A rectangle that leads to an anchor of the same file, or to an address (``http…``)."""

    left: float
    top: float
    right: float
    bottom: float
    target: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that links lead to, `y` below the top of its page.

    Where `heading` is not empty it is among the bookmarks of the file, 0 or more levels deep.
    """

    name: str
    y: float = 0.0
    heading: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page with what stands on it, in points."""

    width: float
    height: float
    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = ()
    anchors: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of music and where the upper line of its staff is, in pixels from the first's top."""

    system: System
    staff_top: float


def lay_out_pages(tune: Tune, engraving: Engraving, note: str = "") -> list[Page]:
    """The pages of a tune, A4 upright; no line of music is parted.

    Args:
        tune: Gives title, rhythm, meter, key, composer and origin.
        engraving: Its lines of music.
        note: For the foot of each page, such as where the tune comes from.
    """
    scale = _WIDTH / engraving.width
    head, head_height = _head(tune)
    rooms = _rooms(head_height, scale)
    groups = _paginate(engraving.systems, rooms)
    pages = []
    for number, group in enumerate(groups):
        is_last = number == len(groups) - 1
        top = MARGIN + (head_height if number == 0 else _RUNNING)
        spread = _spread(group, rooms[min(number, 1)], is_last=is_last)
        blocks = [_place(placed, top, scale) for placed in spread]
        blocks.append(Block(head if number == 0 else _running_head(tune)))
        blocks.append(Block(tuple(_foot(note, number + 1, len(groups)))))
        pages.append(Page(*A4, tuple(blocks)))
    return pages


def lay_out_sheet(tune: Tune, engraving: Engraving, note: str = "") -> Page:
    """The whole tune on one sheet as wide as A4 and as high as it needs."""
    scale = _WIDTH / engraving.width
    head, head_height = _head(tune)
    spread = stack(engraving.systems, _LOOSE_PX[0])
    top = MARGIN + head_height
    blocks = [Block(head), *(_place(placed, top, scale) for placed in spread)]
    height = top + depth(spread) * scale + _FOOT + MARGIN
    foot = tuple(replace(one, y=one.y - A4[1] + height) for one in _foot(note, 1, 1))
    return Page(A4[0], height, (*blocks, Block(foot)))


def page_text(pages: Iterable[Page]) -> str:
    """All words on pages."""
    shapes = (shape for page in pages for block in page.blocks for shape in block.shapes)
    return " ".join(shape.text for shape in shapes if isinstance(shape, Writing))


def _place(placed: Placed, top: float, scale: float) -> Block:
    y = top + scale * (placed.staff_top - placed.system.staff_top)
    return Block(placed.system.shapes, MARGIN, y, scale)


def _rooms(head_height: float, scale: float) -> tuple[float, float]:
    """Pixels for music on the first page and on each further one."""
    height = A4[1] - 2 * MARGIN - _FOOT
    return (height - head_height) / scale, (height - _RUNNING) / scale


def _paginate(systems: Sequence[System], rooms: tuple[float, float]) -> list[list[System]]:
    """The lines of each page: as few pages as they need, about equally full."""
    pages = _fill(systems, rooms, len(systems))
    if len(pages) > 1:
        for most in range(math.ceil(len(systems) / len(pages)), len(systems)):
            even = _fill(systems, rooms, most)
            if len(even) == len(pages):
                return even
    return pages


def _fill(systems: Sequence[System], rooms: tuple[float, float], most: int) -> list[list[System]]:
    pages: list[list[System]] = [[]]
    for system in systems:
        room = rooms[min(len(pages) - 1, 1)]
        is_full = len(pages[-1]) >= most or depth(stack([*pages[-1], system])) > room
        if is_full and pages[-1]:
            pages.append([])
        pages[-1].append(system)
    return pages


def stack(systems: Sequence[System], loose: float = 0.0) -> list[Placed]:
    """Lines under one another, evenly where that is wide enough; `loose` is added between them."""
    placed = [Placed(system, 0.0) for system in systems[:1]]
    if placed:
        placed = [Placed(systems[0], systems[0].staff_top - systems[0].box.top)]
    for above, below in pairwise(systems):
        depth = above.box.bottom - above.staff_top
        rise = below.staff_top - below.box.top
        distance = max(depth + CLEAR_PX + rise, STAFF_HEIGHT + _STAFF_DISTANCE_PX)
        placed.append(Placed(below, placed[-1].staff_top + distance + loose))
    return placed


def _spread(systems: Sequence[System], room: float, *, is_last: bool) -> list[Placed]:
    """The lines of a page, moved apart to fill it; on the last page by little."""
    left = room - depth(stack(systems))
    most = _LOOSE_PX[0 if is_last else 1]
    return stack(systems, max(0.0, min(most, left / max(1, len(systems) - 1))))


def depth(placed: Sequence[Placed]) -> float:
    """Pixels from the top of the first line to the lowest of the last."""
    if not placed:
        return 0.0
    last = placed[-1]
    return last.staff_top + last.system.box.bottom - last.system.staff_top


def _head(tune: Tune) -> tuple[tuple[Shape, ...], float]:
    """Title and what else is known of the tune, and how high that is."""
    lines: list[Shape] = []
    y = MARGIN
    for number, title in enumerate(filter(None, map(one_line, tune.titles))):
        size = _SUBTITLE if number else _TITLE
        y += 4 if number == 1 else 0
        for row in _in_rows(title, size):
            y += 1.25 * size
            lines.append(fit_writing(Writing(row, A4[0] / 2, y, size, "regular", 0.5), _WIDTH))
    y += 1.9 * _SMALL
    left = Writing(describe_tune(tune), MARGIN, y, _SMALL, "italic")
    right = Writing(" · ".join(_people(tune)), A4[0] - MARGIN, y, _SMALL, "italic", 1.0)
    lines += [fit_writing(one, 0.49 * _WIDTH) for one in (left, right) if one.text]
    return tuple(lines), y - MARGIN + 1.6 * _SMALL


def _in_rows(title: str, size: float) -> list[str]:
    """A title in one row, or in two about equally long where it would become too small."""
    spaces = [place for place, character in enumerate(title) if character == " "]
    if not spaces or measure(title, "regular") * size * _SMALLEST <= _WIDTH:
        return [title]
    widths = [measure(title[:place], "regular") for place in spaces]
    half = measure(title, "regular") / 2
    middle = min(zip(widths, spaces, strict=True), key=lambda one: abs(one[0] - half))[1]
    return [title[:middle], title[middle + 1 :]]


def describe_tune(tune: Tune, names: TuneNames = IN_ENGLISH) -> str:
    """Rhythm, meter and key in a few words: ``jig · 6/8 · D major``."""
    tonic = tune.key.tonic.translate(_SIGNS)
    key = names.key(f"{tonic} {tune.key.mode}") if tonic else ""
    meter = f"{tune.meter.numerator}/{tune.meter.denominator}" if tune.meter.numerator else ""
    parts = sorted({bar.part for bar in tune.bars if bar.part})
    order = [value for letter, value in tune.fields if letter == "P" and len(value) > 1]
    played = [f"parts {order[0]}"] if order and parts else []
    return " · ".join(filter(None, map(one_line, [names.rhythm(tune.rhythm), meter, key, *played])))


def _people(tune: Tune) -> Iterator[str]:
    for letter, value in tune.fields:
        if letter in "CO" and one_line(value):
            yield one_line(value)


def _running_head(tune: Tune) -> tuple[Shape, ...]:
    title = one_line(tune.title)
    if not title:
        return ()
    return (fit_writing(Writing(title, A4[0] / 2, MARGIN + _SMALL, _SMALL, "italic", 0.5), _WIDTH),)


def _foot(note: str, number: int, count: int) -> Iterator[Writing]:
    y = A4[1] - MARGIN
    if note:
        yield fit_writing(Writing(one_line(note), MARGIN, y, _TINY, grey=0.45), 0.85 * _WIDTH)
    if count > 1:
        yield Writing(f"{number} / {count}", A4[0] - MARGIN, y, _SMALL - 2, "regular", 1.0, 0.3)


def fit_writing(writing: Writing, width: float) -> Writing:
    """The writing made smaller until it is as wide as there is room, and cut where that is tiny."""
    wanted = measure(writing.text, writing.face) * writing.size
    if wanted <= width:
        return writing
    size = writing.size * max(_SMALLEST, width / wanted)
    text = writing.text
    while len(text) > 1 and measure(text + "…", writing.face) * size > width:
        text = text[:-1]
    return replace(writing, text=text if text == writing.text else text.rstrip() + "…", size=size)


def one_line(text: str) -> str:
    """The text on one line, without what cannot be printed, a letter with its mark as one (NFC)."""
    text = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
