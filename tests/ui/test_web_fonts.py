"""The fonts that the app hands out, and pages that do without where set-up could not fetch them."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from musicgen.config import Paths
from musicgen.ui.frame import web_fonts


def serve() -> None:
    from musicgen.ui.frame.web_fonts import serve_fonts

    serve_fonts()


def test_without_the_fonts_a_page_is_drawn_without_them(tmp_path, monkeypatch):
    monkeypatch.setattr(web_fonts.Paths, "default", lambda: Paths(tmp_path, tmp_path))
    page = AppTest.from_function(serve).run()
    assert not page.exception
    assert not page.get("html")


@pytest.mark.parametrize("present", [["chinese_sans"], ["chinese_sans", "chinese_serif"]])
def test_every_font_that_is_here_is_handed_out_from_its_own_folder(tmp_path, monkeypatch, present):
    for name in present:
        folder = tmp_path / "node_modules" / "@fontsource-variable" / web_fonts.FONT_PACKAGES[name]
        folder.mkdir(parents=True)
        (folder / web_fonts.STYLE_SHEET).write_text("@font-face {}")
    monkeypatch.setattr(web_fonts.Paths, "default", lambda: Paths(tmp_path, tmp_path))
    written: list[str] = []
    monkeypatch.setattr(st, "html", written.append)
    monkeypatch.setattr(web_fonts, "_redrawer", lambda: lambda **_options: None)
    web_fonts.serve_fonts()
    (style,) = written
    imports = [
        f'@import url("component/musicgen.ui.frame.web_fonts.{name}/index.css");'
        for name in present
    ]
    assert style == "<style>" + "".join(imports) + "</style>"


def test_the_theme_names_the_font_that_is_handed_out_behind_those_of_the_usual_systems():
    families = [name.strip(" '") for name in str(st.get_option("theme.font")).split(",")]
    assert families[0] == "Source Sans"
    assert families.index("PingFang SC") < families.index("Noto Sans SC Variable")
    assert families[-1] == "sans-serif"
