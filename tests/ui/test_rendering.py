import os
import re

import pytest

from musicgen.audio.midi import timeline
from musicgen.audio.synthesis import SynthesizerStatus
from musicgen.notation.parsing.reader import read_tune
from musicgen.ui.base import resources
from musicgen.ui.tune import rendering
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Sound
from tests.ui.tiny_model import TUNE

LETTERS = re.compile(r"[A-Ga-g]")


@pytest.fixture
def tune():
    return read_tune(TUNE)[0]


@pytest.fixture
def sound(tune):
    return Sound(b"", b"", tuple(timeline(tune)), is_fallback=False)


def test_every_layout_finds_the_same_notes_in_the_order_they_sound(tune, sound):
    body = TUNE[TUNE.index("\nK:") + 3 :].split("\n", 1)[1]
    first, second = (LETTERS.findall(section) for section in body.split(":|")[:2])
    for layout in rendering.layouts(tune, sound):
        heard = [layout.abc[start] for start in layout.starts]
        assert heard == first * 2 + second * 2


def test_big_notes_have_half_as_much_on_a_line_at_every_width(tune, sound):
    usual = rendering.lay_out(tune, sound.moments)
    big = rendering.lay_out(tune, sound.moments, is_big=True)
    assert [layout.min_width for layout in big] == [layout.min_width for layout in usual]
    for small, large in zip(usual, big, strict=True):
        assert large.staff_width <= small.staff_width / 2
        assert len(large.abc.splitlines()) > len(small.abc.splitlines())


def test_wide_lines_have_four_bars_and_narrow_ones_two(tune, sound):
    wide, narrow = rendering.layouts(tune, sound)
    assert wide.min_width > narrow.min_width == 0
    for layout, bars_per_line in ((wide, 4), (narrow, 2)):
        lines = layout.abc[layout.abc.index("\nK:") + 3 :].splitlines()[1:]
        assert [len(re.findall(r":?\|", line)) for line in lines] == [bars_per_line] * (
            16 // bars_per_line
        )


def test_a_model_saved_anew_is_loaded_anew(home):
    ref = Models().find("house")
    first = resources.checkpoint(ref)
    assert resources.checkpoint(ref) is first
    os.utime(ref.path / "checkpoint.json", ns=(1, 1))
    assert resources.checkpoint(ref) is not first


def test_it_is_told_what_plays_and_how_it_could_sound_better(monkeypatch):
    synthesizers = (
        SynthesizerStatus("fluidsynth", "Fluid", False, False, "", "Install it."),
        SynthesizerStatus("plucked", "Plucked", True, True),
    )
    monkeypatch.setattr(rendering, "available_synthesizers", lambda: synthesizers)
    assert rendering.better_sound() == "Plucked. Install it."
