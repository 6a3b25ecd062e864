from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    from musicgen.errors import RunError
    from musicgen.ui.base.failures import attempt, failure_is_shown, redraw, take_failure

    def fail():
        raise RunError("It is gone.")

    failure = take_failure()
    if failure:
        st.error(str(failure))
    st.button("fail", on_click=attempt, args=(fail,))
    st.button("do", on_click=attempt, args=(list,))
    st.button("other")
    if st.session_state.pop("tick", False):
        redraw()
    if st.session_state.get("cuts", 0):  # what another run that comes between looks like from here
        st.session_state["cuts"] -= 1
        st.rerun()
    failure_is_shown()


def errors(app):
    assert not app.exception
    return [item.value for item in app.error]


def test_an_error_is_shown_until_somebody_does_something_else():
    app = AppTest.from_function(page).run()
    assert errors(app) == []
    assert errors(app.button[0].click().run()) == ["It is gone."]
    assert errors(app.button[2].click().run()) == []


def test_an_error_goes_when_what_was_asked_for_is_done():
    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    assert errors(app.button[1].click().run()) == []


def test_an_error_outlives_a_page_that_is_drawn_anew_by_itself():
    app = AppTest.from_function(page).run()
    app.session_state["tick"] = True
    assert errors(app.button[0].click().run()) == ["It is gone."]
    assert errors(app.run()) == []


def test_an_error_outlives_runs_that_are_cut_short():
    app = AppTest.from_function(page).run()
    app.session_state["cuts"] = 3
    assert errors(app.button[0].click().run()) == ["It is gone."]
    assert errors(app.button[2].click().run()) == []
