"""A chart of a lesson with the sentence that says what to see in it."""

from typing import Any

import streamlit as st

from musicgen.ui.base.language import _
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.lessons.choices import Scene

HEIGHT = 300


def draw_chart(scene: Scene, figure: dict[str, Any], label: str, name: str = "chart") -> None:
    """Draws a figure and its sentence below.

    Args:
        scene: The step that it belongs to.
        figure: As `live_chart` takes it.
        label: For screen readers.
        name: Tells several charts of a step apart.
    """
    live_chart(figure, scene.key(name), label, HEIGHT)
    st.caption(_(scene.step.chart))
