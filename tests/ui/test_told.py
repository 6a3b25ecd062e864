"""What a page says once is seen, also where runs are cut short or follow one another at once."""

import pytest
from streamlit.testing.v1 import AppTest

from musicgen.ui.base import told


def page():
    import streamlit as st

    from musicgen.ui.base.told import all_is_drawn, forget_told, tell, told

    said = told("added")
    if said:
        st.success(said)
    st.button("add", on_click=tell, args=("added", "One more."))
    if st.button("leave"):
        forget_told()
    if st.session_state.get("cuts", 0):  # what another run that comes between looks like from here
        st.session_state["cuts"] -= 1
        st.rerun()
    all_is_drawn()


def said(app):
    assert not app.exception
    return [one.value for one in app.success]


@pytest.mark.parametrize("cuts", [0, 2])
def test_it_stays_for_some_seconds_after_it_was_drawn_to_the_end(monkeypatch, cuts):
    now = [100.0]
    monkeypatch.setattr(told.time, "monotonic", lambda: now[0])
    app = AppTest.from_function(page).run()
    assert said(app) == []
    app.session_state["cuts"] = cuts
    assert said(app.button[0].click().run()) == ["One more."]
    now[0] += told.SAID_S - 1
    assert said(app.run()) == ["One more."]
    now[0] += 2
    assert said(app.run()) == []
    assert said(app.run()) == []


def test_it_goes_with_the_page():
    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    app.button[1].click().run()
    assert said(app.run()) == []
