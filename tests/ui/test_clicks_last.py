"""A click made while a page is being drawn is not taken back by that drawing.

A widget whose value a script sets is shown so by the browser, whatever was clicked meanwhile; so no
page sets what it does not change.
"""

import pytest

from tests.pages import OTHER_PAGES


@pytest.mark.parametrize("page", ["", *OTHER_PAGES])
def test_a_run_in_which_nothing_changes_tells_the_browser_no_values(home, open_app, page):
    app = open_app(page) if page else open_app(model="house", temperature="0.8", seed="4711")
    app = app.run()
    assert not app.exception
    told = [
        item.proto.label
        for kind in ("checkbox", "toggle", "slider", "selectbox", "number_input", "radio",
                     "text_input", "text_area", "button_group", "multiselect")
        for item in app.get(kind)
        if getattr(item.proto, "set_value", False) and not item.proto.disabled
    ]  # fmt: skip
    assert told == []
