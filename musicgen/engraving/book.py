"""A tunebook on paper: contents, sets, tunes or their beginnings, and indexes, with links.

Lengths are in points, y downwards from the top of a page; lines of music keep the pixels of the
engraver and are scaled as they are placed, as in `musicgen.engraving.pages`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from musicgen.engraving.engraver import STAFF_WIDTH, Engraving, System
from musicgen.engraving.fonts import measure
from musicgen.engraving.pages import (
    Anchor,
    Block,
    Link,
    Page,
    depth,
    fit_writing,
    one_line,
    stack,
)
from musicgen.engraving.shapes import Outline, Shape, Writing

INCIPIT_WIDTH = 375
"""Pixels of the engraver for a line of music that takes one of two columns."""

_TOP, _AFTER_TUNE, _COLUMN_GAP = 8.0, 22.0, 24.0
_FOOT = 20.0
_LINE, _HEADING = 10.0, 13.0
_LEADING = 1.45


@dataclass(frozen=True, slots=True)
class Paper:
    """A size of paper and what stays free on all its sides."""

    width: float
    height: float
    margin: float
    title: float
    qr: float

    @property
    def inner(self) -> float:
        """Width between the margins."""
        return self.width - 2 * self.margin


PAPERS = {
    "a4": Paper(595.28, 841.89, 40.0, 16.0, 76.0),
    "a5": Paper(419.53, 595.28, 30.0, 13.0, 66.0),
    "letter": Paper(612.0, 792.0, 40.0, 16.0, 76.0),
}
"""The papers by name (ISO 216; ANSI/ASME Y14.1)."""


@dataclass(frozen=True, slots=True)
class PrintedTune:
    """A tune in the book.

    `anchor` is its name for links, `facts` a line on it, `engraving` its music, or None with the
    reason in `remark`. `qr` is a code of the paper's size, `address` where it leads to. `groups`
    are the headings it has in the indexes: its rhythm and its key.
    """

    anchor: str
    title: str
    facts: str
    engraving: Engraving | None
    remark: str = ""
    note: str = ""
    qr: Outline | None = None
    address: str = ""
    rhythm: str = ""
    music_key: str = ""


@dataclass(frozen=True, slots=True)
class PrintedSet:
    """A set: its name, and its tunes by their anchors, each with a line on how it is played."""

    name: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class BookWords:
    """The headings of a book, in the reader's language."""

    contents: str = "Contents"
    sets: str = "Sets"
    beginnings: str = "Beginnings"
    by_rhythm: str = "By rhythm"
    by_key: str = "By key"
    others: str = "others"


@dataclass(frozen=True, slots=True)
class PrintedBook:
    """What is printed: `incipits` are the beginnings of the tunes, in the same order, or none.

    Where `has_tunes` is False, links lead to the beginnings.
    """

    title: str
    tunes: tuple[PrintedTune, ...]
    sets: tuple[PrintedSet, ...] = ()
    incipits: tuple[Engraving | None, ...] = ()
    has_tunes: bool = True
    has_contents: bool = True
    has_indexes: bool = True
    words: BookWords = field(default_factory=BookWords)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a list: words, the page it leads to, and the anchor there; or a heading."""

    text: str
    target: str = ""
    is_heading: bool = False
    indent: float = 0.0


def lay_out_book(book: PrintedBook, paper: Paper) -> list[Page]:
    """The pages of a book; no line of music is parted, and every number of a page is right."""
    body = _lay_out_body(book, paper)
    lists = [part for part in _front(book) if part[1]]
    back = [part for part in _indexes(book) if part[1]]
    front_count = sum(len(_list_pages(book, *part, paper, lambda _: 0)) for part in lists)
    numbers = {
        anchor.name: front_count + number
        for number, page in enumerate(body, 1)
        for anchor in page.anchors
    }

    def number_of(target: str) -> int:
        return numbers.get(target, 0)

    front = [page for part in lists for page in _list_pages(book, *part, paper, number_of)]
    end = [page for part in back for page in _list_pages(book, *part, paper, number_of)]
    pages = [*front, *body, *end]
    return [_with_foot(page, number, paper, book.title) for number, page in enumerate(pages, 1)]


# Lists


def _front(book: PrintedBook) -> Iterator[tuple[str, list[_Row], str]]:
    if book.has_contents:
        rows = [
            _Row(f"{number}. {tune.title}", tune.anchor)
            for number, tune in enumerate(book.tunes, 1)
        ]
        yield book.words.contents, rows, "contents"
    titles = {tune.anchor: tune.title for tune in book.tunes}
    rows = []
    for one in book.sets:
        rows.append(_Row(one.name, is_heading=True))
        rows += [
            _Row(f"{titles[anchor]}{how}", anchor, indent=10.0)
            for anchor, how in one.parts
            if anchor in titles
        ]
    yield book.words.sets, rows, "sets"


def _indexes(book: PrintedBook) -> Iterator[tuple[str, list[_Row], str]]:
    if not book.has_indexes:
        return
    words = book.words
    of_rhythms = [tune.rhythm for tune in book.tunes]
    of_keys = [tune.music_key for tune in book.tunes]
    for heading, name, names in (
        (words.by_rhythm, "rhythms", of_rhythms),
        (words.by_key, "keys", of_keys),
    ):
        groups: dict[str, list[PrintedTune]] = {}
        for tune, group in zip(book.tunes, names, strict=True):
            groups.setdefault(group or words.others, []).append(tune)
        rows: list[_Row] = []
        for group in sorted(groups, key=str.casefold):
            rows.append(_Row(group, is_heading=True))
            ordered = sorted(groups[group], key=lambda tune: tune.title.casefold())
            rows += [_Row(tune.title, tune.anchor, indent=10.0) for tune in ordered]
        yield heading, rows, name


def _list_pages(
    book: PrintedBook,
    heading: str,
    rows: Sequence[_Row],
    name: str,
    paper: Paper,
    number_of: Callable[[str], int],
) -> list[Page]:
    """A list in two columns, on as many pages as it needs."""
    width = (paper.inner - _COLUMN_GAP) / 2
    top = paper.margin + 2.4 * paper.title
    bottom = paper.height - paper.margin - _FOOT
    columns = _columns(rows, bottom - top)
    pages = []
    for start in range(0, len(columns), 2):
        shapes: list[Shape] = []
        links: list[Link] = []
        words = f"{book.title} · {heading}" if name == "contents" and not start else heading
        size = paper.title
        y = paper.margin + size
        shapes.append(fit_writing(Writing(words, paper.margin, y, size, "bold"), paper.inner))
        for place, column in enumerate(columns[start : start + 2]):
            left = paper.margin + place * (width + _COLUMN_GAP)
            y = top
            for row in column:
                size = _HEADING if row.is_heading else _LINE
                y += _height(row)
                shapes += _write_row(row, left, width, y, number_of(row.target))
                if row.target:
                    links.append(Link(left, y - size, left + width, y + 0.3 * size, row.target))
        anchors = (Anchor(name, 0.0, heading),) if not start else ()
        block = Block(tuple(shapes))
        pages.append(Page(paper.width, paper.height, (block,), tuple(links), anchors))
    return pages


def _height(row: _Row) -> float:
    return _HEADING * 1.9 if row.is_heading else _LINE * _LEADING


def _columns(rows: Sequence[_Row], room: float) -> list[list[_Row]]:
    """The rows of each column; a heading is never the last of one."""
    columns: list[list[_Row]] = [[]]
    left = room
    for row, following in pairwise([*rows, None]):
        if row is None:
            continue
        needed = _height(row) + (_height(following) if row.is_heading and following else 0.0)
        if needed > left and columns[-1]:
            columns.append([])
            left = room
        columns[-1].append(row)
        left -= _height(row)
    return columns


def _write_row(row: _Row, left: float, width: float, y: float, number: int) -> Iterator[Writing]:
    if row.is_heading:
        yield fit_writing(Writing(one_line(row.text), left, y, _HEADING, "bold"), width)
        return
    digits = str(number)
    taken = measure("0000", "regular") * _LINE + 4
    words = Writing(one_line(row.text), left + row.indent, y, _LINE)
    yield fit_writing(words, width - row.indent - taken)
    yield Writing(digits, left + width, y, _LINE, "regular", 1.0)


def _with_foot(page: Page, number: int, paper: Paper, title: str) -> Page:
    y = paper.height - paper.margin + 4
    words = (
        fit_writing(Writing(title, paper.margin, y, 8.0, "italic", grey=0.35), paper.inner * 0.7),
        Writing(str(number), paper.width - paper.margin, y, _LINE, "regular", 1.0),
    )
    return replace(page, blocks=(*page.blocks, Block(words)))


# Music


@dataclass(slots=True)
class _Flow:
    """Pages that are filled from above."""

    paper: Paper
    pages: list[Page] = field(default_factory=list)
    y: float = 0.0
    blocks: list[Block] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)

    @property
    def bottom(self) -> float:
        """The lowest that something may reach."""
        return self.paper.height - self.paper.margin - _FOOT

    @property
    def is_fresh(self) -> bool:
        """Whether nothing is on the page yet."""
        return not self.blocks

    def begin(self) -> None:
        """Ends the page, if there is something on it, and begins the next one."""
        if not self.is_fresh:
            self.pages.append(
                Page(
                    self.paper.width, self.paper.height, tuple(self.blocks), tuple(self.links),
                    tuple(self.anchors),
                )
            )  # fmt: skip
        self.blocks, self.links, self.anchors = [], [], []
        self.y = self.paper.margin


def _lay_out_body(book: PrintedBook, paper: Paper) -> list[Page]:
    pages = _lay_out_incipits(book, paper) if book.incipits else []
    if book.has_tunes:
        pages += _lay_out_tunes(book, paper)
    return pages


def _lay_out_tunes(book: PrintedBook, paper: Paper) -> list[Page]:
    flow = _Flow(paper)
    flow.begin()
    for number, tune in enumerate(book.tunes, 1):
        head, links, head_height = _head(tune, number, paper)
        systems = tune.engraving.systems if tune.engraving else ()
        scale = paper.inner / max(STAFF_WIDTH, tune.engraving.width if tune.engraving else 0)
        height = head_height + depth(stack(systems)) * scale
        room = flow.bottom - flow.y
        is_long = height > flow.bottom - paper.margin
        first = head_height + depth(stack(systems[:2])) * scale
        if not flow.is_fresh and (height > room if not is_long else first > room):
            flow.begin()
        flow.anchors.append(Anchor(tune.anchor, max(flow.y - _TOP, 0), tune.title, 0))
        flow.blocks.append(Block(tuple(head), 0.0, flow.y))
        flow.links += [replace(one, top=one.top + flow.y, bottom=one.bottom + flow.y)
                       for one in links]  # fmt: skip
        flow.y += head_height
        _place_systems(flow, systems, scale)
        flow.y += _AFTER_TUNE
    flow.begin()
    return flow.pages


def _place_systems(flow: _Flow, systems: Sequence[System], scale: float) -> None:
    """Puts lines of music under one another, on further pages where they have no room."""
    rest = list(systems)
    while rest:
        count = len(rest)
        while count > 1 and flow.y + depth(stack(rest[:count])) * scale > flow.bottom:
            count -= 1
        placed = stack(rest[:count])
        for one in placed:
            y = flow.y + scale * (one.staff_top - one.system.staff_top)
            flow.blocks.append(Block(one.system.shapes, flow.paper.margin, y, scale))
        flow.y += depth(placed) * scale
        rest = rest[count:]
        if rest:
            flow.begin()


def _head(tune: PrintedTune, number: int, paper: Paper) -> tuple[list[Shape], list[Link], float]:
    """Title and facts, a code at the right, and how high that is; y from the top of the tune."""
    width = paper.inner - (paper.qr + 8 if tune.qr else 0)
    size = paper.title
    title = Writing(f"{number}. {one_line(tune.title)}", paper.margin, size, size, "bold")
    shapes: list[Shape] = [fit_writing(title, width)]
    y = size
    for words in filter(None, map(one_line, (tune.facts, tune.note, tune.remark))):
        y += _LINE * _LEADING
        shapes.append(fit_writing(Writing(words, paper.margin, y, _LINE, "italic"), width))
    links: list[Link] = []
    if tune.qr:
        left = paper.width - paper.margin - paper.qr
        shapes.append(replace(tune.qr, x=left, y=-_TOP))
        y = max(y, paper.qr - _TOP - 6)
        if tune.address:
            corner = left + paper.qr
            links.append(Link(left, -_TOP, corner, paper.qr - _TOP, tune.address))
    return shapes, links, y + 10


def _lay_out_incipits(book: PrintedBook, paper: Paper) -> list[Page]:
    """The beginnings in two columns, row by row."""
    width = (paper.inner - _COLUMN_GAP) / 2
    scale = width / INCIPIT_WIDTH
    flow = _Flow(paper)
    flow.begin()
    heading = Writing(book.words.beginnings, paper.margin, paper.title, paper.title, "bold")
    flow.anchors.append(Anchor("beginnings", 0.0, book.words.beginnings))
    flow.blocks.append(Block((heading,), 0.0, flow.y))
    flow.y += 1.8 * paper.title
    cells = list(zip(book.tunes, book.incipits, strict=True))
    half = math.ceil(len(cells) / 2)
    for row in range(half):
        pair = cells[2 * row : 2 * row + 2]
        systems = [engraving.systems[:1] if engraving else () for _tune, engraving in pair]
        height = max(depth(stack(one)) for one in systems) * scale + 2.2 * _LINE
        if flow.y + height > flow.bottom and not flow.is_fresh:
            flow.begin()
        for place, ((tune, _engraving), lines) in enumerate(zip(pair, systems, strict=True)):
            left = paper.margin + place * (width + _COLUMN_GAP)
            number = 2 * row + place + 1
            words = Writing(
                f"{number}. {one_line(tune.title)}", left, flow.y + _LINE, _LINE, "bold"
            )
            flow.blocks.append(Block((fit_writing(words, width),)))
            if book.has_tunes:
                link = Link(left, flow.y, left + width, flow.y + height, tune.anchor)
                flow.links.append(link)
            else:
                flow.anchors.append(Anchor(tune.anchor, max(flow.y - _TOP, 0)))
            for one in stack(lines):
                y = flow.y + 1.6 * _LINE + scale * (one.staff_top - one.system.staff_top)
                flow.blocks.append(Block(one.system.shapes, left, y, scale))
        flow.y += height + 8
    flow.begin()
    return flow.pages
