"""The theme of the pages: colours that can be told apart, and settings that Streamlit knows."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest
from streamlit import config as streamlit_config

CONFIG = Path(__file__).parent.parent / ".streamlit" / "config.toml"
SETTINGS = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
MODES = ("light", "dark")
# WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (lines and shapes), level AA.
TEXT, SHAPE = 4.5, 3.0


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` as WCAG 2.2 defines it, 0 to 1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2.2 defines it, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def backgrounds(mode: str) -> set[str]:
    """Every colour that words of a mode may stand on."""
    theme = SETTINGS["theme"][mode]
    return {
        part[name]
        for part in (theme, theme["sidebar"])
        for name in ("backgroundColor", "secondaryBackgroundColor")
    }


def settings(tree: dict, prefix: str = "") -> list[str]:
    """Dotted names of all settings in a nested table."""
    names = []
    for name, value in tree.items():
        whole = f"{prefix}{name}"
        names += settings(value, f"{whole}.") if isinstance(value, dict) else [whole]
    return names


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["textColor", "primaryColor", "linkColor"])
def test_words_are_readable_on_every_background(mode, name):
    colour = SETTINGS["theme"][mode][name]
    assert min(contrast(colour, background) for background in backgrounds(mode)) >= TEXT


@pytest.mark.parametrize("mode", MODES)
def test_words_on_a_primary_button_are_readable(mode):
    css = (CONFIG.parent.parent / "musicgen" / "ui" / "frame" / "page.css").read_text("utf-8")
    rule = re.search(r"primary.*color: light-dark\((#\w{6}), (#\w{6})\)", css)
    assert rule, "page.css sets the colour of the words on primary buttons"
    words = rule.group(1 + MODES.index(mode))
    assert contrast(words, SETTINGS["theme"][mode]["primaryColor"]) >= TEXT


@pytest.mark.parametrize("mode", MODES)
def test_chart_lines_stand_out_from_the_page(mode):
    theme = SETTINGS["theme"][mode]
    for colour in theme["chartCategoricalColors"]:
        assert contrast(colour, theme["backgroundColor"]) >= SHAPE, colour


@pytest.mark.parametrize("mode", MODES)
def test_chart_palettes_have_ten_different_colours(mode):
    theme = SETTINGS["theme"][mode]
    for name in ("chartCategoricalColors", "chartSequentialColors", "chartDivergingColors"):
        assert len(set(theme[name])) == len(theme[name]) == 10, name


@pytest.mark.parametrize("mode", MODES)
def test_sequential_colours_run_one_way_from_pale_to_strong(mode):
    theme = SETTINGS["theme"][mode]
    steps = [
        contrast(colour, theme["backgroundColor"]) for colour in theme["chartSequentialColors"]
    ]
    assert all(one < other for one, other in itertools.pairwise(steps))


def test_streamlit_knows_every_setting():
    known = set(streamlit_config.get_config_options())
    assert set(settings(SETTINGS)) <= known


def test_nothing_is_asked_of_another_machine():
    assert SETTINGS["browser"]["gatherUsageStats"] is False
    assert "http" not in CONFIG.read_text(encoding="utf-8")


PAGE_STYLE = Path(__file__).parent.parent / "musicgen" / "ui" / "frame" / "page.css"


def blend(colour: str, share: float, below: str) -> str:
    """A colour drawn with an opacity from 0 to 1 on another."""
    pairs = ((int(one[at : at + 2], 16) for one in (colour, below)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(top * share + low * (1 - share)):02x}" for top, low in pairs)


@pytest.mark.parametrize("mode", MODES)
def test_captions_are_readable_as_they_are_drawn(mode):
    style = PAGE_STYLE.read_text(encoding="utf-8")
    found = re.search(r"stCaptionContainer[^}]*color-mix\(in srgb, currentColor (\d+)%", style)
    assert found
    text = SETTINGS["theme"][mode]["textColor"]
    for below in backgrounds(mode):
        assert contrast(blend(text, int(found[1]) / 100, below), below) >= TEXT
