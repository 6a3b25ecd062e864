"""A page as SVG 1.1: outlines as paths, words as text that other programs can edit.

Words with characters that not every font has are drawn as outlines, with their text unseen above
them to be found and copied: the picture looks the same wherever it is opened.
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

from musicgen.engraving.fonts import glyph, in_drawing_order, measure
from musicgen.engraving.outlines import place_segments
from musicgen.engraving.pages import Block, Page
from musicgen.engraving.shapes import Outline, Segment, Shape, Writing

_NAMESPACE = "http://www.w3.org/2000/svg"
_FAMILY = "STIXGeneral, 'STIX Two Text', 'Times New Roman', Times, serif"
_LETTERS = {"moveTo": "M", "lineTo": "L", "curveTo": "C", "closePath": "Z"}
_ANCHORS = {0.0: "start", 0.5: "middle", 1.0: "end"}
_EVERYWHERE = re.compile("[\x20-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u20ac]*")
"""Letters of western, central and northern Europe with their punctuation: every font has them."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_svg(page: Page, title: str, comment: str = "") -> str:
    """The text of an SVG file as large as the page, on white.

    Args:
        page: What is drawn.
        title: Its ``<title>``, for screen readers.
        comment: Provenance, kept in ``<metadata>``; nothing is written if empty.
    """
    root = Element("svg", xmlns=_NAMESPACE, version="1.1")
    root.set("viewBox", f"0 0 {page.width:g} {page.height:g}")
    root.set("width", f"{page.width:g}pt")
    root.set("height", f"{page.height:g}pt")
    SubElement(root, "title").text = _clean(title)
    if comment:
        SubElement(root, "metadata").text = _clean(comment)
    SubElement(root, "rect", width="100%", height="100%", fill="white")
    drawing = SubElement(root, "g", {"font-family": _FAMILY, "stroke-linejoin": "round"})
    for block in page.blocks:
        _write_block(drawing, block)
    text = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _write_block(parent: Element, block: Block) -> None:
    transform = f"translate({block.x:.2f} {block.y:.2f}) scale({block.scale:.5f})"
    group = SubElement(parent, "g", transform=transform)
    for shape in block.shapes:
        _write_shape(group, shape)


def _write_shape(group: Element, shape: Shape) -> None:
    if isinstance(shape, Outline):
        segments = place_segments(shape.segments, shape.x, shape.y, 1.0, 1.0)
        look = {"d": " ".join(_path(segments))}
        if not shape.is_filled:
            look["fill"] = "none"
        if shape.width:
            look |= {"stroke": "black", "stroke-width": f"{shape.width:g}"}
        SubElement(group, "path", look)
        return
    _write_text(group, shape)


def _write_text(group: Element, writing: Writing) -> None:
    look = {"x": f"{writing.x:.2f}", "y": f"{writing.y:.2f}", "font-size": f"{writing.size:.2f}"}
    width = measure(writing.text, writing.face) * writing.size
    if width:  # another font than ours is set as wide as ours
        look |= {"textLength": f"{width:.2f}", "lengthAdjust": "spacingAndGlyphs"}
    if writing.face != "regular":
        name, value = {"bold": ("font-weight", "bold"), "italic": ("font-style", "italic")}[
            writing.face
        ]
        look[name] = value
    if writing.anchor:
        look["text-anchor"] = _ANCHORS[writing.anchor]
    if writing.grey:
        level = round(255 * writing.grey)
        look["fill"] = f"#{level:02x}{level:02x}{level:02x}"
    if not _EVERYWHERE.fullmatch(writing.text):
        _write_outlines(group, writing, look.get("fill"))
        look |= {"fill": "none", "pointer-events": "all"}
    SubElement(group, "text", look).text = _clean(writing.text)


def _write_outlines(group: Element, writing: Writing, fill: str | None) -> None:
    x, size = (
        writing.x - writing.anchor * measure(writing.text, writing.face) * writing.size,
        writing.size,
    )
    pieces: list[str] = []
    for character in in_drawing_order(writing.text):
        drawn = glyph(character, writing.face)
        pieces += _path(place_segments(drawn.segments, x, writing.y, size, -size))
        x += drawn.advance * size
    SubElement(group, "path", {"d": " ".join(pieces)} | ({"fill": fill} if fill else {}))


def _path(segments: Iterable[Segment]) -> Iterator[str]:
    """The pieces of a path in absolute coordinates with two decimals.

    fontTools' `SVGPathPen` is not used: it compares points before they are rounded, drops some and
    writes others as H and V, so that files would no longer be the same.
    """
    for call, points in segments:
        numbers = (number for point in points for number in point)
        yield _LETTERS[call] + " ".join(
            f"{number:.2f}".rstrip("0").rstrip(".") for number in numbers
        )


def _clean(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _NOT_XML.sub("", text)
