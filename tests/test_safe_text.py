import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.safe_text import escape_controls, escape_json, remove_controls

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
INVISIBLE = "\u00ad\u200b\u2060\u2063\ufeff\u180e\u3164\U000e0041\ufff9"
CONTROLS = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) + "\u2028\u2029"


@pytest.mark.parametrize("sign", [*BIDI, *INVISIBLE, *CONTROLS])
def test_nothing_that_acts_is_left(sign):
    assert sign not in remove_controls(f"a{sign}b")
    assert remove_controls(f"a{sign}b").replace(" ", "") == "ab"
    assert sign not in escape_controls(f"a{sign}b")
    assert escape_controls(f"a{sign}b").isascii()


def test_a_line_break_becomes_a_space_on_a_page():
    assert remove_controls("one\r\ntwo\tthree\u2028four") == "one two three four"


def test_escapes_say_what_was_there():
    title = "\x1b[2J\x1b]0;owned\x07 \u202eabc \U000e0041 \udc80 \x9b1m"
    assert escape_controls(title) == (r"\x1b[2J\x1b]0;owned\x07 \u202eabc \U000e0041 \udc80 \x9b1m")


def test_lines_and_tabs_stay_where_the_program_laid_them_out():
    assert escape_controls("a\tb\nc\rd", is_layout_kept=True) == "a\tb\nc\\x0dd"
    assert escape_controls("a\tb\nc") == r"a\x09b\x0ac"


@pytest.mark.parametrize(
    "text", ["Ré♭ 愛爾蘭 – “x”", "فارسی می\u200cخواهم", "👩\u200d🎤 ❤\ufe0f", "\u0600"]
)
def test_what_is_read_stays(text):
    assert remove_controls(text) == escape_controls(text) == escape_json(text) == text


@given(st.text())
def test_json_means_the_same_and_holds_no_controls(text):
    written = escape_json(json.dumps({"title": text}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {"title": text}
    assert not any(unicodedata.category(sign) == "Cc" and sign != "\n" for sign in written)
