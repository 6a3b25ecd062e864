"""QR codes as outlines (ISO/IEC 18004, drawn from the modules that segno computes)."""

from musicgen.engraving.shapes import Outline, Segment

QUIET_MODULES = 4
"""Modules left free around a code (§5.3.8), within its size."""

MAX_BYTES = 900
"""Bytes of a text: with more, the modules of a code as small as a stamp cannot be read any more."""


def qr_outline(text: str, size: float) -> Outline | None:
    """A code of a text, `size` wide and high, its corner at 0; None where it has no room for it.

    Args:
        text: At most `MAX_BYTES` as UTF-8.
        size: Its width with the quiet zone.
    """
    if not text or len(text.encode()) > MAX_BYTES:
        return None
    import segno

    # Trying all eight masks for the best one takes eight times as long; readers take any.
    code = segno.make_qr(text, error="l", encoding="utf-8", mask=0)
    rows = [bytes(row) for row in code.matrix]
    unit = size / (len(rows) + 2 * QUIET_MODULES)
    segments: list[Segment] = []
    for number, row in enumerate(rows):
        top = (number + QUIET_MODULES) * unit
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start) if 0 in row[start:] else len(row)
            left, right = ((place + QUIET_MODULES) * unit for place in (start, end))
            corners = ((left, top), (right, top), (right, top + unit), (left, top + unit))
            segments.append(("moveTo", corners[:1]))
            segments += [("lineTo", (corner,)) for corner in corners[1:]]
            segments.append(("closePath", ()))
            start = end
    return Outline(tuple(segments))
