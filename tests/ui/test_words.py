import pytest

from musicgen.ui.base.words import chart_text, plain

JOINER = "\u2060"


@pytest.mark.parametrize(
    "text",
    ["Plain words 3", "The Boys o' Bluehill (reel), no. 4", "batch_size must be 1 to 4,096.",
     "爱尔兰", "It's 50% & more: 3/4 = 0.75", "a-b", "new.york", "Really?!"],
)  # fmt: skip
def test_words_stay_as_they_are(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![a](x)", r"!\[a\](x)"),
        (":red[c]", r"\:red\[c\]"),
        ("*a* _b_ `c` ~d~ $e$ <f>", r"\*a\* \_b\_ \`c\` \~d\~ \$e\$ \<f>"),
        ("&lt; &#60; a & b", r"\&lt; \&#60; a & b"),
        ("# a", r"\# a"),
        ("- a", r"\- a"),
        ("12. a", r"12\. a"),
        ("a\\", r"a\\"),
    ],
)
def test_signs_of_markdown_are_escaped(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    "text",
    ["http://x.test", "HTTPS://x.test", "www.x.test", "WWW.x.test", "a@x.test", ":smile:", ":+1:",
     ":material/home:", ":streamlit:", "a -> b", "a <- b", "a -- b", "a >= b", "~="],
)  # fmt: skip
def test_what_is_looked_for_in_text_is_taken_apart_by_a_sign_nobody_sees(text):
    assert JOINER in plain(text)
    assert plain(text).replace(JOINER, "").replace("\\", "") == text


def test_controls_are_left_out():
    assert plain("a\u202eb\x1b\u2066c\nd") == "abc d"


def test_a_chart_reads_no_html_in_a_name():
    assert chart_text('<a href="x">&b</a>\u202e') == '&lt;a href="x"&gt;&amp;b&lt;/a&gt;'
