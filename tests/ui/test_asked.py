"""A press is not forgotten where the run that it began is cut short."""

import ast

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import PROJECT


def work() -> None:
    """A page with one button, whose work is cut short as often as its state says."""
    import streamlit as st

    from musicgen.ui.base.asked import answered, ask_button

    if ask_button("Make it", "make"):
        with answered("make"):
            st.session_state["tries"] = st.session_state.get("tries", 0) + 1
            if st.session_state["tries"] <= st.session_state["cuts"]:
                st.rerun()  # what another run that comes between looks like from here
            if st.session_state["fails"]:
                raise ValueError("it failed")
            st.session_state["made"] = st.session_state.get("made", 0) + 1


def press(cuts: int, *, fails: bool = False) -> AppTest:
    app = AppTest.from_function(work)
    app.session_state["cuts"], app.session_state["fails"] = cuts, fails
    return app.run().button(key="make").click().run()


@pytest.mark.parametrize("cuts", [0, 1, 3])
def test_work_that_is_cut_short_is_done_by_the_next_run_once(cuts):
    app = press(cuts)
    assert (app.session_state["made"], app.session_state["tries"]) == (1, cuts + 1)
    assert app.run().session_state["made"] == 1


def test_work_that_fails_is_not_tried_again():
    app = press(0, fails=True)
    assert app.exception
    assert not app.run().exception
    assert app.session_state["tries"] == 1


def test_no_page_takes_the_press_of_a_button_from_the_run_that_it_began():
    """Each has a callback; what follows a press is asked of state, never of the button."""
    found = []
    for path in sorted([*PROJECT.glob("pages/*.py"), *PROJECT.glob("musicgen/ui/**/*.py")]):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_button = (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in ("button", "form_submit_button")
            )
            if is_button and "on_click" not in {one.arg for one in call.keywords}:
                found.append(f"{path.relative_to(PROJECT)}:{call.lineno}")
    assert found == []


def fill_in() -> None:
    """A page with a field, and a button that keeps what it says."""
    import streamlit as st

    from musicgen.errors import MusicgenError
    from musicgen.ui.base import state
    from musicgen.ui.base.asked import act_button

    def keep(text: str) -> None:
        if not text:
            raise MusicgenError("Say something.")
        st.session_state["kept"] = [*st.session_state.get("kept", []), text]

    text = st.text_input("Name", "before", key="name")
    act_button("Keep", "keep", keep, text, disabled=text == "no")
    st.caption(str(state.FAILURE.get()))


def test_a_press_does_what_the_field_says_that_was_filled_in_with_it():
    app = AppTest.from_function(fill_in).run()
    app.text_input(key="name").set_value("after")
    app.button(key="keep").click().run()  # both in one request
    assert app.session_state["kept"] == ["after"]
    assert app.run().session_state["kept"] == ["after"]
    app.text_input(key="name").set_value("")
    app.button(key="keep").click().run()
    assert app.caption[0].value == "Say something."
    app.text_input(key="name").set_value("no")  # with which the button cannot be pressed
    app.button(key="keep").click().run()
    app.text_input(key="name").set_value("later").run()
    assert app.session_state["kept"] == ["after"]
