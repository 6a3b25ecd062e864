"""Draws the icon of the pages: two joined notes on a green disc, large and then shrunk."""

from pathlib import Path

from PIL import Image, ImageDraw

SIZE, SCALE = 128, 8
GREEN, PAPER = "#1d7a55", "#fdfcf9"


def draw_icon() -> Image.Image:
    """The icon as an RGBA picture of 128 × 128 pixels."""
    side = SIZE * SCALE
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((0, 0, side - 1, side - 1), fill=GREEN)
    for left, foot in ((0.27, 0.69), (0.57, 0.63)):
        head = Image.new("RGBA", (side, side), (0, 0, 0, 0))
        box = [side * edge for edge in (left, foot - 0.075, left + 0.2, foot + 0.075)]
        ImageDraw.Draw(head).ellipse(box, fill=PAPER)
        middle = (side * (left + 0.1), side * foot)
        picture.alpha_composite(head.rotate(20, Image.Resampling.BICUBIC, center=middle))
        stem = side * (left + 0.165)
        pen.rectangle((stem, side * (foot - 0.43), stem + side * 0.035, side * foot), fill=PAPER)
    beam = [(0.435, 0.26), (0.77, 0.2), (0.77, 0.3), (0.435, 0.36)]
    pen.polygon([(side * x, side * y) for x, y in beam], fill=PAPER)
    return picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw_icon().save(Path(__file__).with_name("icon.png"), optimize=True)
