import pytest
import streamlit as st

from musicgen.ui.base import uploads

PAGES = [("", 2), ("Compare", 200), ("Corpus", 20), ("Tunebook", 20)]


def uploaders(app):
    return [item.proto.max_upload_size_mb for item in app.get("file_uploader")]


@pytest.mark.parametrize(("page", "most"), PAGES)
def test_no_form_asks_for_more_than_the_server_takes(home, open_app, page, most, monkeypatch):
    (allowed,) = uploaders(open_app(page))
    assert allowed == most <= st.get_option("server.maxUploadSize")
    monkeypatch.setattr(uploads.st, "get_option", {"server.maxUploadSize": 1}.get)
    assert uploaders(open_app(page)) == [1]


@pytest.mark.parametrize(("page", "most"), PAGES[1:])
def test_a_form_says_in_words_how_large_a_file_may_be(home, open_app, page, most):
    captions = [item.value for item in open_app(page).caption]
    assert any(f"{most} MB" in text for text in captions)
    captions = [item.value for item in open_app(page, lang="zh").caption]
    assert any(f"{most} MB" in text for text in captions)
