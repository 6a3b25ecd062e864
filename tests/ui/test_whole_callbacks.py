"""Requests that come while the callbacks of a click run."""

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest

from musicgen.ui.frame.whole_callbacks import keep_callbacks_whole


def page() -> None:
    """A button whose callback is met by another request, as of a part of the page that ticks."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    def keep() -> None:
        context = get_script_run_ctx()
        assert context is not None
        assert context.script_requests is not None
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))
        st.session_state["kept"] = st.session_state.get("kept", 0) + 1
        st.query_params["kept"] = "yes"
        st.session_state["told"] = st.session_state.get("told", 0) + 1

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.button("Keep", on_click=keep, key="keep")
    st.caption(f"{st.session_state.get('told', 0)} told")


@pytest.fixture
def _whole(monkeypatch):
    """The mending for this test alone."""
    names = (SafeSessionState, "on_script_will_rerun"), (
        ScriptRunner, "_maybe_handle_execution_control_request",
    )  # fmt: skip
    for owner, name in names:
        method = getattr(owner, name)
        monkeypatch.setattr(owner, name, getattr(method, "__wrapped__", method))
    keep_callbacks_whole()
    keep_callbacks_whole()  # once more changes nothing


@pytest.mark.usefixtures("_whole")
def test_a_callback_comes_to_its_end_and_the_other_request_has_its_turn():
    app = AppTest.from_function(page).run()
    runs = app.session_state["runs"]
    app.button(key="keep").click().run()
    assert app.session_state["kept"] == app.session_state["told"] == 1
    assert app.caption[0].value == "1 told"
    assert app.session_state["runs"] == runs + 1  # the request that came, after the callback


@pytest.mark.usefixtures("_whole")
def test_a_page_is_still_cut_short_where_no_callback_runs():
    def reruns_once() -> None:
        import streamlit as st

        st.session_state["runs"] = st.session_state.get("runs", 0) + 1
        if st.session_state["runs"] == 1:
            st.rerun()

    assert AppTest.from_function(reruns_once).run().session_state["runs"] == 2
