"""Pages: nothing leaves the margins, no line of music is parted, and readers find the words."""

import io
import unicodedata
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pypdf
import pypdfium2
import pytest

from musicgen.config import Paths
from musicgen.engraving import chinese_font, fonts
from musicgen.engraving.engraver import STAFF_HEIGHT, Engraving, System
from musicgen.engraving.fonts import (
    glyph,
    in_drawing_order,
    measure,
    missing_characters,
    split_by_face,
)
from musicgen.engraving.pages import A4, MARGIN, lay_out_pages, lay_out_sheet, page_text
from musicgen.engraving.pdf import write_pdf
from musicgen.engraving.shapes import Outline, Writing
from musicgen.engraving.svg import write_svg
from musicgen.notation.parsing.reader import read_tune

TITLE = "Šárka's Café & <Jig>"
TUNE = (
    f"X:1\nT:{TITLE}\nT:茉莉花\nC:Trad.\nO:Éire\nR:jig\nM:6/8\nL:1/8\nK:D\n"
    '"Am"DFA dAF|GBd gdB|Ace ecA|"F#m"d3 d3:|\n'
)


def make_engraving(count: int, height: float = 100.0) -> Engraving:
    """So many lines of music, each a staff with room above and below."""
    staff = Outline((("moveTo", ((0.0, 30.0),)), ("lineTo", ((800.0, 30.0),))))
    rest = Outline((("moveTo", ((0.0, 0.0),)), ("lineTo", ((800.0, height),))))
    return Engraving((System((staff, rest)),) * count, 800.0)


@pytest.mark.parametrize("count", [1, 5, 9, 10, 14, 23, 60])
@pytest.mark.parametrize("height", [70.0, 130.0])
def test_lines_of_music_keep_apart_and_within_the_margins(count, height):
    tune, _ = read_tune(TUNE)
    pages = lay_out_pages(tune, make_engraving(count, height), "note")
    drawn = 0
    for page in pages:
        lines = [block for block in page.blocks if isinstance(block.shapes[0], Outline)]
        drawn += len(lines)
        edges = []
        for block in lines:
            box = System(block.shapes).box
            edges.append((block.y + block.scale * box.top, block.y + block.scale * box.bottom))
        assert edges[0][0] >= MARGIN
        assert edges[-1][1] <= A4[1] - MARGIN - 10
        assert all(above[1] < below[0] for above, below in pairwise(edges))
        assert all(block.x == MARGIN for block in lines)
    assert drawn == count
    assert len(pages) == 1 or min(len(page.blocks) for page in pages) > 3  # none is nearly empty


def test_ten_lines_without_much_above_them_are_one_page():
    tune, _ = read_tune(TUNE)
    assert len(lay_out_pages(tune, make_engraving(10, 70.0))) == 1


@pytest.mark.parametrize("title", ["x" * 300, "word " * 40, "很长的标题" * 30, "", "\u0007\u202e"])
def test_any_title_stays_within_the_margins(title):
    tune, _ = read_tune(f"X:1\nT:{title}\nK:D\nA|]")
    page = lay_out_sheet(tune, make_engraving(1))
    for block in page.blocks:
        for shape in block.shapes:
            if isinstance(shape, Writing):
                width = measure(shape.text, shape.face) * shape.size
                left = shape.x - shape.anchor * width
                assert left >= MARGIN - 1
                assert left + width <= A4[0] - MARGIN + 1


def test_a_pdf_holds_its_words_as_text_and_says_what_it_is(draw):
    tune, _ = read_tune(TUNE)
    pages = lay_out_pages(tune, draw(TUNE), "house · seed 4711")
    data = write_pdf(pages, tune.title, author="Trad.", subject="jig", keywords="made so")
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    text = reader.pages[0].extract_text()
    for words in (TITLE, "jig · 6/8 · D major", "Trad.", "Éire", "Am", "F♯m", "house · seed 4711"):
        assert words in text
    information = reader.metadata
    assert (information.title, information.keywords) == (TITLE, "made so")
    assert reader.pages[0].mediabox.width == pytest.approx(A4[0], abs=0.1)
    embedded = {
        font["/FontDescriptor"]["/FontName"]: "/FontFile2" in font["/FontDescriptor"]
        for font in (one.get_object() for one in reader.pages[0]["/Resources"]["/Font"].values())
        if "/FontDescriptor" in font
    }
    assert embedded
    assert all(embedded.values())
    assert data == write_pdf(pages, tune.title, author="Trad.", subject="jig", keywords="made so")


def test_a_pdf_shows_staffs_and_the_chinese_title(draw, needs_chinese_font):
    tune, _ = read_tune(TUNE)
    data = write_pdf(lay_out_pages(tune, draw(TUNE)), tune.title)
    picture = pypdfium2.PdfDocument(data)[0].render(scale=2).to_numpy().min(axis=2)
    ink = picture < 128
    across = ink[:, int(2 * MARGIN) + 2 : -int(2 * MARGIN) - 2].mean(axis=1)
    assert (across > 0.95).sum() >= 5  # the lines of the staff go from margin to margin
    assert not ink[:, : int(2 * MARGIN) - 6].any()  # an italic j leans out a little
    second_title = ink[160:200, 480:720].astype(int)  # where 茉莉花 stands
    edges = abs(np.diff(second_title, axis=1)).sum(axis=1).max()
    assert edges > 14  # three empty boxes would have twelve
    assert "茉莉花" in pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()


def test_no_font_of_the_system_is_needed_for_chinese_and_european_titles(
    monkeypatch, needs_chinese_font
):
    monkeypatch.setattr(fonts, "_font_folders", list)
    for cached in (fonts.glyph, fonts._find_glyph, fonts._fallbacks):
        cached.cache_clear()
    title = (
        "茉莉花 江南丝竹 Ḃean Ḋuḃ an Ġleanna Þórður Œuvre ő ș Подмосковные Ζορμπάς さくら E♭ F♯ B♮"
    )
    assert missing_characters(title) == ""
    assert missing_characters("Arirang 아리랑") == "아리랑"
    for cached in (fonts.glyph, fonts._find_glyph, fonts._fallbacks):
        cached.cache_clear()


@pytest.mark.parametrize("title", ["茉莉花", "Ḃean Ḋuḃ", "Ζορμπάς", "E♭ Minor", "아리랑", "ב א"])
def test_an_svg_shows_rare_characters_whatever_fonts_its_viewer_has(title):
    tune, _ = read_tune(f"X:1\nT:{title}\nK:D\nA|]")
    root = ElementTree.fromstring(write_svg(lay_out_sheet(tune, make_engraving(1)), title))  # noqa: S314
    words = {one.text: one for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert words[title].get("fill") == "none"  # the outlines are seen, the text is found and copied
    drawn = [one.get("d") for one in root.iter("{http://www.w3.org/2000/svg}path")]
    assert max(path.count("M") for path in drawn) >= len(title.replace(" ", ""))


def test_an_svg_keeps_usual_words_as_text_that_can_be_edited():
    tune, _ = read_tune(f"X:1\nT:{TITLE}\nK:D\nA|]")
    root = ElementTree.fromstring(write_svg(lay_out_sheet(tune, make_engraving(1)), TITLE))  # noqa: S314
    words = {one.text: one for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert words[TITLE].get("fill") is None


@pytest.mark.parametrize("title", ["Café", "Ḋuḃ", "ở", "한"])
def test_a_letter_and_its_mark_are_one_however_they_are_written(title):
    apart = unicodedata.normalize("NFD", title)
    assert apart != title
    tune, _ = read_tune(f"X:1\nT:{apart}\nK:D\nA|]")
    assert title in page_text([lay_out_sheet(tune, make_engraving(1))])


def ink(character: str, face: str = "regular") -> tuple[float, float, float, float]:
    points = [point for _call, points in glyph(character, face).segments for point in points]
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("face", fonts.FACES)
@pytest.mark.parametrize("letter", "ḃḋḟṁṗṡṫḂḊḞṀṖṠṪ")
def test_a_dotted_letter_is_the_letter_with_a_dot_above_it(letter, face):
    base = unicodedata.normalize("NFD", letter)[0]
    dotted, plain = ink(letter, face), ink(base, face)
    assert dotted[1] == plain[1]
    assert plain[3] + 0.05 < dotted[3] < plain[3] + 0.3
    assert glyph(letter, face).advance == pytest.approx(fonts.advance(base, face))


def test_a_mark_below_hangs_below():
    assert ink("ạ")[1] < ink("a")[1] - 0.05
    assert ink("ạ")[3] == ink("a")[3]


def test_an_svg_is_drawn_of_paths_and_words_and_carries_its_comment(draw):
    tune, _ = read_tune(TUNE)
    text = write_svg(lay_out_sheet(tune, draw(TUNE), "note"), tune.title, 'a "comment" <&>')
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    assert {one.tag.removeprefix(space) for one in root.iter()} == {
        "svg", "title", "metadata", "rect", "g", "path", "text",
    }  # fmt: skip
    assert root.findtext(f"{space}title") == TITLE
    assert root.findtext(f"{space}metadata") == 'a "comment" <&>'
    assert {"Am", "F♯m", "茉莉花"} <= {one.text for one in root.iter(f"{space}text")}


def test_what_the_letters_lack_is_drawn_in_outlines():
    assert list(split_by_face("Aé茉a", "regular")) == [
        ("regular", "Aé"), ("", "茉"), ("regular", "a"),
    ]  # fmt: skip
    assert list(split_by_face("b♭", "italic")) == [("italic", "b"), ("regular", "♭")]
    assert glyph("\u0007").advance == 0


@pytest.mark.parametrize(("character", "digits"), [("茉", 4), ("한", 4), ("\U0001f3b5", 6)])
def test_without_a_font_that_has_it_a_character_is_a_box_with_its_number(
    monkeypatch, character, digits
):
    fonts._find_glyph.cache_clear()
    glyph.cache_clear()
    monkeypatch.setattr(fonts, "_fallbacks", lambda: ())
    monkeypatch.setattr(chinese_font, "find_font", lambda _character: None)
    assert missing_characters(f"A{character}") == character
    box = glyph(character)
    assert box.advance > 0
    shapes = [call for call, _ in box.segments].count("moveTo")
    number = f"{ord(character):0{digits}X}"
    inside = sum([call for call, _ in glyph(digit).segments].count("moveTo") for digit in number)
    assert shapes == 2 + inside  # an outer and an inner edge, and the digits
    left, low, right, high = ink(character)
    assert 0 < left < right < box.advance
    assert -0.25 < low < high < 0.9
    fonts._find_glyph.cache_clear()
    glyph.cache_clear()


@pytest.mark.parametrize("character", ["\ufe0f", "\u200d", "\u0007", "\U000e0101"])
def test_what_leaves_no_ink_has_no_width_and_is_not_missing(character):
    assert glyph(character).advance == 0
    assert missing_characters(character) == ""


def test_hebrew_is_drawn_from_the_right_and_arabic_is_said_to_be_missing():
    assert in_drawing_order("Air שיר חדש 2") == "Air שדח ריש 2"
    assert missing_characters("לחן") == ""
    assert missing_characters("لحن") == "لحن"  # its letters change with their neighbours


def test_a_damaged_or_absent_chinese_font_is_the_same_as_none(tmp_path, monkeypatch):
    for content in ("", "{", "[]", '{"[4]": 3}', '{"[4]": "U+xyz"}', '{"[4]": "U+8309"}'):
        folder = tmp_path / "node_modules" / "@fontsource-variable" / chinese_font.PACKAGE
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "unicode.json").write_text(content)
        chinese_font._table.cache_clear()
        monkeypatch.setattr(chinese_font.Paths, "default", lambda: Paths(tmp_path, tmp_path))
        assert chinese_font.find_font("茉") is None
    monkeypatch.undo()
    chinese_font._table.cache_clear()


def test_the_letters_are_those_that_matplotlib_brings():
    assert all(Path(fonts.face_path(face)).is_file() for face in fonts.FACES)


def test_a_staff_is_as_high_on_paper_as_in_tunebooks():
    scale = (A4[0] - 2 * MARGIN) / 800
    assert 6.5 < STAFF_HEIGHT * scale / 72 * 25.4 < 7.5  # millimetres
