"""A printed book: its numbers of pages and links are right, its codes can be read."""

import io
import re
from itertools import pairwise

import numpy as np
import pypdf
import pypdfium2
import pytest
import zxingcpp

from musicgen.engraving.book import (
    PAPERS,
    PrintedBook,
    PrintedSet,
    PrintedTune,
    lay_out_book,
)
from musicgen.engraving.engraver import Engraving, System
from musicgen.engraving.pages import Link, Page
from musicgen.engraving.pdf import write_pdf
from musicgen.engraving.qr import MAX_BYTES, qr_outline
from musicgen.engraving.shapes import Outline

ADDRESS = "http://192.168.1.20:8501/Tunebook?tune="


def make_engraving(count: int, height: float = 90.0) -> Engraving:
    """So many lines of music, each a staff with room above and below."""
    staff = Outline((("moveTo", ((0.0, 30.0),)), ("lineTo", ((800.0, 30.0),))), False, 1.0)
    rest = Outline((("moveTo", ((0.0, 0.0),)), ("lineTo", ((800.0, height),))), False, 1.0)
    return Engraving((System((staff, rest)),) * count, 800.0)


def make_book(count: int, paper: str = "a4", **changes: object) -> PrintedBook:
    tunes = tuple(
        PrintedTune(
            f"{number:016x}", f"Tune {number} Ännchen", "jig · 6/8", make_engraving(2 + number % 7),
            qr=qr_outline(f"{ADDRESS}{number:08x}", PAPERS[paper].qr),
            address=f"{ADDRESS}{number:08x}", rhythm=("jig", "reel", "")[number % 3],
            music_key=("D major", "E dorian")[number % 2],
        )
        for number in range(count)
    )  # fmt: skip
    sets = (PrintedSet("Friday", ((tunes[0].anchor, " ×3"), (tunes[-1].anchor, ""))),)
    return PrintedBook(**({"title": "My book", "tunes": tunes, "sets": sets} | changes))


@pytest.fixture(scope="module")
def printed() -> bytes:
    return write_pdf(lay_out_book(make_book(40), PAPERS["a4"]), "My book")


def lines_of(page: Page) -> list[tuple[float, float]]:
    """Where lines of music begin and end, from the top of a page."""
    found = []
    for block in page.blocks:
        if block.scale != 1.0:
            box = System(block.shapes).box
            found.append((block.y + block.scale * box.top, block.y + block.scale * box.bottom))
    return found


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("count", [1, 2, 45])
def test_music_keeps_apart_and_within_the_margins(paper: str, count: int) -> None:
    size = PAPERS[paper]
    drawn = 0
    for page in lay_out_book(make_book(count, paper), size):
        assert (page.width, page.height) == (size.width, size.height)
        edges = lines_of(page)
        drawn += len(edges)
        assert all(above[1] <= below[0] for above, below in pairwise(edges))
        assert all(top >= size.margin and bottom <= size.height - size.margin
                   for top, bottom in edges)  # fmt: skip
    assert drawn == sum(2 + number % 7 for number in range(count))


def test_a_tune_longer_than_a_page_goes_on_on_the_next() -> None:
    book = make_book(3)
    long = PrintedTune("f" * 16, "Long", "", make_engraving(60))
    pages = lay_out_book(make_book(3, tunes=(*book.tunes, long)), PAPERS["a4"])
    assert sum(len(lines_of(page)) for page in pages) == 2 + 3 + 4 + 60


def test_every_number_of_contents_sets_and_indexes_is_where_the_tune_is(printed: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(printed))
    texts = [page.extract_text() for page in reader.pages]
    where = {}
    for number in range(40):
        (place,) = [n for n, text in enumerate(texts, 1)
                    if re.search(rf"^\d+\. Tune {number} Ännchen\s*$", text, re.MULTILINE)
                    and "jig · 6/8" in text]  # fmt: skip
        where[number] = place
    told = [
        (int(number), int(page))
        for text in texts if "jig · 6/8" not in text
        for number, page in re.findall(r"Tune (\d+) Ännchen(?: ×3)?\s+(\d+)", text)
    ]  # fmt: skip
    assert len(told) == 40 + 2 + 2 * 40
    assert all(where[number] == page for number, page in told)


def test_every_link_leads_to_its_tune(printed: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(printed))
    numbers = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages)}
    inner, outer = [], []
    for page in reader.pages:
        for annotation in page.get("/Annots", ()):
            link = annotation.get_object()
            if "/A" in link:
                outer.append(link["/A"]["/URI"])
            else:
                place = link["/Dest"][0].idnum
                inner.append(reader.pages[numbers[place]].extract_text())
    in_order = [*range(40), 0, 39]  # contents, then the set
    in_order += sorted((n for n in range(40) if n % 3 == 0), key=lambda n: f"Tune {n} ")
    assert len(inner) == 40 + 2 + 2 * 40
    for number, text in zip(in_order, inner, strict=False):
        assert re.search(rf"^\d+\. Tune {number} Ännchen", text, re.MULTILINE)
    assert all("jig · 6/8" in text for text in inner)
    assert outer == [f"{ADDRESS}{number:08x}" for number in range(40)]
    titles = [str(entry["/Title"]) for entry in reader.outline if not isinstance(entry, list)]
    assert titles[:2] == ["Contents", "Sets"] and titles[-2:] == ["By rhythm", "By key"]


def read_codes(data: bytes, scale: float = 4.0) -> list[str]:
    """What a reader that is not ours finds on the pages of a PDF file."""
    found = []
    for page in pypdfium2.PdfDocument(data):
        picture = np.ascontiguousarray(page.render(scale=scale).to_numpy()[:, :, 0])
        found += [code.text for code in zxingcpp.read_barcodes(picture)]
    return found


@pytest.mark.parametrize("paper", ["a4", "a5"])
def test_codes_are_read_back(paper: str) -> None:
    data = write_pdf(lay_out_book(make_book(5, paper), PAPERS[paper]), "x")
    assert sorted(read_codes(data)) == [f"{ADDRESS}{number:08x}" for number in range(5)]


def test_a_code_holds_a_whole_tune_and_says_when_it_cannot() -> None:
    text = "X:1\nT:Ännchen 茉莉花\nM:6/8\nL:1/8\nK:D\n" + "|:DFA dAF|GBd gdB|Ace ecA|d3 d3:|\n" * 9
    tune = PrintedTune("1" * 16, "x", "", make_engraving(1), qr=qr_outline(text, 76.0))
    data = write_pdf(lay_out_book(PrintedBook("x", (tune,)), PAPERS["a4"]), "x")
    assert read_codes(data, 6.0) == [text]
    assert qr_outline("x" * (MAX_BYTES + 1), 76.0) is None
    assert qr_outline("", 76.0) is None


def test_beginnings_stand_in_two_columns_and_lead_to_the_tunes() -> None:
    book = make_book(9, incipits=(*(make_engraving(1),) * 8, None), has_contents=False)
    pages = lay_out_book(book, PAPERS["a4"])
    blocks = [block for block in pages[1].blocks if block.scale != 1.0]
    assert len(blocks) == 8
    assert len({block.x for block in blocks}) == 2
    assert [link.target for link in pages[1].links] == [tune.anchor for tune in book.tunes]
    alone = lay_out_book(make_book(9, incipits=book.incipits, has_tunes=False), PAPERS["a5"])
    anchors = {anchor.name for page in alone for anchor in page.anchors}
    targets = {link.target for page in alone for link in page.links if isinstance(link, Link)}
    assert targets == {tune.anchor for tune in book.tunes} <= anchors
