"""The door of a class, as a client of ASGI meets it: nothing behind it without a sign."""

import asyncio
from urllib.parse import urlencode

import pytest
import streamlit as st

from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import ClassStore
from musicgen.config import Paths
from musicgen.ui.base import membership
from musicgen.ui.frame.door import MAX_BODY, Door
from musicgen.ui.frame.web_fonts import FOLDER

HTML = {"accept": "text/html,*/*"}


@pytest.fixture
def codes(tmp_path, monkeypatch):
    """A class that is served: codes by names."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.setenv(membership.SWITCH, "1")
    st.cache_resource.clear()
    store = ClassStore(Paths.default())
    made = [store.create("5b <b>", "Ms Wu"), *store.add(["Anna"])]
    return {one.member.name: one.code for one in made}


class Answer:
    def __init__(self, sent):
        self.sent = sent
        self.status = sent[0].get("status")
        self.headers = {name.decode(): value.decode() for name, value in sent[0].get("headers", ())}
        self.text = b"".join(one.get("body", b"") for one in sent).decode()

    @property
    def is_let_in(self):
        return self.sent[0]["type"] == "behind"


def ask(path="/", method="GET", body=b"", kind="http", query="", client="10.0.0.1", **headers):
    """What comes back for a request; keyword arguments are headers, ``_`` for ``-``."""
    sent = []

    async def behind(scope, receive, send):
        await send({"type": "behind"})

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind, "path": path, "method": method, "query_string": query.encode(),
        "client": (client, 1), "scheme": "http",
        "headers": [(name.replace("_", "-").encode(), value.encode())
                    for name, value in headers.items()],
    }  # fmt: skip
    asyncio.run(Door(behind)(scope, receive, send))
    return Answer(sent)


def sign_in(name, code, next_="", **headers):
    body = urlencode({"name": name, "code": code, "next": next_}).encode()
    return ask("/sign-in", "POST", body, **headers)


def cookie_of(answer):
    return answer.headers["set-cookie"].partition(";")[0]


def test_where_there_is_no_class_there_is_no_door(monkeypatch):
    monkeypatch.delenv(membership.SWITCH, raising=False)
    assert ask().is_let_in and ask(kind="websocket", path="/_stcore/stream").is_let_in


def test_a_stranger_is_asked_for_name_and_code_and_gets_nothing_else(codes):
    page = ask("/Train", query="lang=zh", **HTML)
    assert (page.status, page.headers["location"]) == (303, "/sign-in?next=/Train%3Flang%3Dzh")
    for path in ("/_stcore/stream", "/media/x.wav", "/_stcore/upload_file/a/b", "/metrics", "/x"):
        assert ask(path).status == 401
    assert ask("/_stcore/stream", kind="websocket").sent == [
        {"type": "websocket.close", "code": 1008}
    ]
    assert ask("/_stcore/health").is_let_in, "who watches over a container may ask"
    assert ask(f"/{FOLDER}chinese_sans/index.css").is_let_in, "the form is in Chinese, too"
    assert ask("/component/other/index.html").status == 401


def test_whoever_signs_in_is_let_in_where_they_wanted_to_go(codes):
    answer = sign_in("anna", codes["Anna"].upper(), "/Train?x=1")
    assert (answer.status, answer.headers["location"]) == (303, "/Train?x=1")
    parts = answer.headers["set-cookie"].split("; ")
    assert parts[1:] == ["Path=/", "HttpOnly", "SameSite=Lax"]
    cookie = cookie_of(answer)
    assert ask(cookie=cookie).is_let_in
    assert ask("/_stcore/stream", kind="websocket", cookie=f"a=b; {cookie}; c=d").is_let_in
    assert not ask(cookie=cookie[:-2]).is_let_in
    assert not ask(cookie=f"{membership.COOKIE}=").is_let_in


def test_behind_a_proxy_that_encrypts_the_sign_is_never_sent_in_the_clear(codes):
    answer = sign_in("Anna", codes["Anna"], x_forwarded_proto="https")
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nX: y", "/sign-out"],
)
def test_nobody_is_sent_elsewhere(codes, wanted):
    assert sign_in("Anna", codes["Anna"], wanted).headers["location"] == "/"


def test_a_wrong_code_is_said_in_the_readers_language_without_echoing_markup(codes):
    answer = sign_in('<script>"x', "wrong", accept_language="zh-CN,zh;q=0.9")
    assert answer.status == 401 and 'lang="zh-Hans"' in answer.text
    assert "set-cookie" not in answer.headers
    assert "<script>" not in answer.text and "&lt;script&gt;" in answer.text
    assert "5b &lt;b&gt;" in answer.text
    assert "do not fit" not in answer.text and 'role="alert"' in answer.text
    assert "do not fit" in sign_in("Anna", "wrong").text


def test_guessing_comes_to_an_end(codes):
    for _ in range(8):
        assert "do not fit" in sign_in("Anna", "wrong").text
    assert "too many" in sign_in("Anna", codes["Anna"]).text


def test_a_form_that_is_too_large_or_none_signs_nobody_in(codes):
    large = urlencode({"name": "Anna", "code": codes["Anna"], "next": "x" * MAX_BODY}).encode()
    for body in (large, b"", b"\xff\xfe", b"name=Anna"):
        assert ask("/sign-in", "POST", body).status == 401


def test_signing_out_ends_the_sign_wherever_it_is_kept(codes):
    cookie = cookie_of(sign_in("Anna", codes["Anna"]))
    refused = ask("/sign-out", cookie=cookie, sec_fetch_site="cross-site")
    assert refused.status == 400 and ask(cookie=cookie).is_let_in
    answer = ask("/sign-out", cookie=cookie, sec_fetch_site="same-origin")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not ask(cookie=cookie).is_let_in


def test_who_is_removed_is_out_at_once(codes):
    cookie = cookie_of(sign_in("Anna", codes["Anna"]))
    ClassStore(Paths.default()).remove("Anna")
    assert not ask(cookie=cookie).is_let_in


def test_an_upload_larger_than_the_class_allows_does_not_reach_the_server(codes):
    ClassStore(Paths.default()).set_limits(Limits(upload_mb=1))
    anna = cookie_of(sign_in("Anna", codes["Anna"]))
    teacher = cookie_of(sign_in("Ms Wu", codes["Ms Wu"]))
    path = "/_stcore/upload_file/session/file"
    for size in ("1100000", "", "-1", "1e3"):
        assert ask(path, "PUT", cookie=anna, content_length=size).status == 413
    assert ask(path, "PUT", cookie=anna, content_length="1000000").is_let_in
    assert ask(path, "PUT", cookie=teacher, content_length="1100000").is_let_in


def test_figures_for_a_monitor_are_for_this_machine_and_the_teacher(codes):
    assert ask("/metrics", client="127.0.0.1").is_let_in
    assert ask("/metrics", client="127.0.0.1", x_forwarded_for="1.2.3.4").status == 401
    assert ask("/metrics", cookie=cookie_of(sign_in("Anna", codes["Anna"]))).status == 401
    assert ask("/metrics", cookie=cookie_of(sign_in("Ms Wu", codes["Ms Wu"]))).is_let_in


def test_behind_a_path_of_a_proxy_all_stays_below_it(codes):
    before = st.get_option("server.baseUrlPath")
    st.config.set_option("server.baseUrlPath", "tunes")
    try:
        assert ask("/tunes/", **HTML).headers["location"] == "/tunes/sign-in?next=/tunes/"
        body = urlencode({"name": "Anna", "code": codes["Anna"]}).encode()
        answer = ask("/tunes/sign-in", "POST", body)
        assert answer.headers["location"] == "/tunes/"
        assert "Path=/tunes/" in answer.headers["set-cookie"]
    finally:
        st.config.set_option("server.baseUrlPath", before)
