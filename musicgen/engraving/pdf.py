"""Pages as a PDF file with its letters inside: it looks the same wherever it is opened."""

import io
from collections.abc import Sequence
from threading import Lock
from typing import Any

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from musicgen.engraving.fonts import (
    FACES,
    face_path,
    glyph,
    in_drawing_order,
    measure,
    split_by_face,
)
from musicgen.engraving.outlines import place_segments
from musicgen.engraving.pages import Block, Page
from musicgen.engraving.shapes import Outline, Point, Segment, Writing

_LOCK = Lock()  # reportlab keeps its fonts for the whole process
_WORDS = "musicgen-words"  # the font of text that is only searched and copied
_DECIMALS = 2
"""Of coordinates, in points before a block is scaled: hundredths that no printer can show."""

_OPERATORS = {"moveTo": "m", "lineTo": "l", "curveTo": "c", "closePath": "h"}
_INVISIBLE = 3  # text rendering mode (ISO 32000-1 §9.3.6)


def write_pdf(
    pages: Sequence[Page], title: str, *, author: str = "", subject: str = "", keywords: str = ""
) -> bytes:
    """A PDF file, the same bytes for the same pages.

    Args:
        pages: One or more.
        title: Shown by readers in place of the file's name.
        author: Who made the tune.
        subject: What the file is, in a few words.
        keywords: Provenance, for programs.
    """
    with _LOCK:
        for face in FACES:
            if _name(face) not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(_name(face), str(face_path(face))))
        if _WORDS not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(_words_font())
        buffer = io.BytesIO()
        rl_config.useA85 = 0  # which would make files larger, and takes long
        canvas = Canvas(buffer, pageCompression=1, invariant=True)
        canvas.setTitle(title)
        canvas.setAuthor(author)
        canvas.setSubject(subject)
        canvas.setKeywords(keywords)
        canvas.setCreator("musicgen")
        signs = _Signs()
        for page in pages:
            _draw_page(canvas, page, signs)
        canvas.save()
    return buffer.getvalue()


def _name(face: str) -> str:
    return f"musicgen-{face}"


def _words_font() -> Any:
    """A font that takes every character for a space: it is never seen, only its text is read."""
    font = TTFont(_WORDS, str(face_path("regular")))
    font.face.name = b"MusicgenWords"  # reportlab tells what it has written by this name
    font.face.charToGlyph = _Anything(font.face.charToGlyph)
    return font


class _Anything(dict[int, int]):
    """A map of characters to glyphs that has the glyph of the space for all it does not have."""

    def __contains__(self, _key: object) -> bool:
        return True

    def __missing__(self, _key: int) -> int:
        return self[32]


def _draw_page(canvas: Any, page: Page, signs: "_Signs") -> None:
    canvas.setPageSize((page.width, page.height))
    canvas.setLineJoin(1)
    for block in page.blocks:
        canvas.saveState()
        canvas.translate(block.x, page.height - block.y)
        canvas.scale(block.scale, block.scale)
        _draw_block(canvas, block, signs)
        canvas.restoreState()
    for anchor in page.anchors:
        canvas.bookmarkPage(anchor.name, fit="XYZ", left=0, top=page.height - anchor.y, zoom=0)
        if anchor.heading:
            canvas.addOutlineEntry(anchor.heading, anchor.name, anchor.level, closed=True)
    for link in page.links:
        place = (link.left, page.height - link.bottom, link.right, page.height - link.top)
        if link.target.startswith("http"):
            canvas.linkURL(link.target, place, relative=0)
        else:
            canvas.linkRect("", link.target, place, relative=0, Border="[0 0 0]")
    canvas.showPage()


def _draw_block(canvas: Any, block: Block, signs: "_Signs") -> None:
    for shape in block.shapes:
        if isinstance(shape, Outline):
            signs.draw(canvas, shape)
        else:
            _draw_writing(canvas, shape)


class _Signs:
    """Draws outlines, each from where it begins: equal ones are then equal text, which packs well.

    What reportlab writes for a sign is kept, for a book has a hundred thousand heads and stems.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, bool, float], tuple[Point, str, Any]] = {}

    def draw(self, canvas: Any, outline: Outline) -> None:
        """Draws an outline at its place."""
        kind = (id(outline.segments), outline.is_filled, outline.width)
        if kind not in self._known:
            self._known[kind] = (*_write_sign(outline), outline.segments)
        begin, code, _kept = self._known[kind]
        x, y = round(outline.x + begin[0], _DECIMALS), -round(outline.y + begin[1], _DECIMALS)
        canvas._code.append(f"q 1 0 0 1 {x:.{_DECIMALS}f} {y:.{_DECIMALS}f} cm {code} Q")


def _write_sign(outline: Outline) -> tuple[Point, str]:
    """Where a sign begins before it is moved, and the operators that draw it from there.

    Written as ISO 32000-1 §8.5 has them: a path of reportlab takes ten times as long.
    """
    begin = next((points[0] for _call, points in outline.segments if points), (0.0, 0.0))
    words = [f"{outline.width:g} w"] if outline.width else []
    for call, points in outline.segments:
        words += [f"{_number(x - begin[0])} {_number(begin[1] - y)}" for x, y in points]
        words.append(_OPERATORS[call])
    words.append(("B*" if outline.width else "f*") if outline.is_filled else "S")
    return begin, " ".join(words)


def _number(value: float) -> str:
    return f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def _draw_writing(canvas: Any, writing: Writing) -> None:
    """Words in the faces of the file; what they lack as outlines, over text that is not seen."""
    size, y = writing.size, -writing.y
    x = writing.x - writing.anchor * measure(writing.text, writing.face) * size
    canvas.setFillGray(writing.grey)
    for face, run in split_by_face(in_drawing_order(writing.text), writing.face):
        if face:
            canvas.setFont(_name(face), size)
            canvas.drawString(x, y, run)
            x += measure(run, face) * size
            continue
        _write_unseen(canvas, x, y, size, run)
        for character in run:
            drawn = glyph(character, writing.face)
            canvas.drawPath(_path(canvas, drawn.segments, x, y, size, size), stroke=0, fill=1)
            x += drawn.advance * size
    canvas.setFillGray(0)


def _write_unseen(canvas: Any, x: float, y: float, size: float, run: str) -> None:
    """Text that readers find and copy, as wide as the outlines that are drawn there."""
    width = measure(run, "regular") * size
    run = "".join(one for one in run if ord(one) <= 0xFFFF)  # reportlab's tables end there
    natural = pdfmetrics.stringWidth(run, _WORDS, size)
    if not width or not natural:
        return
    text = canvas.beginText(x, y)
    text.setFont(_WORDS, size)
    text.setTextRenderMode(_INVISIBLE)
    text.setHorizScale(100 * width / natural)
    text.textOut(run)
    text.setHorizScale(100)
    text.setTextRenderMode(0)
    canvas.drawText(text)


def _path(
    canvas: Any, segments: Sequence[Segment], x: float, y: float, x_scale: float, y_scale: float
) -> Any:
    """A path of reportlab, scaled and then moved; its y grows upwards.

    fontTools' `ReportLabPen` is not used: it draws paths of reportlab's graphics, which take a
    quarter of a second to import, and those of a canvas are closed by another name.
    """
    path = canvas.beginPath()
    draw = {"moveTo": path.moveTo, "lineTo": path.lineTo, "curveTo": path.curveTo}
    for call, points in place_segments(segments, x, y, x_scale, y_scale):
        numbers = (round(number, _DECIMALS) for point in points for number in point)
        draw.get(call, path.close)(*numbers)
    return path
