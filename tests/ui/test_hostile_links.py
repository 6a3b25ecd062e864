"""Links that nobody would write: each is a page with a sentence on it, and nothing comes of it."""

import random
import re

import pytest

from musicgen.ui.base.errors import MAX_SENTENCE, sentence, sentence_text
from musicgen.ui.base.words import plain
from musicgen.ui.tune import listening, permalink

NAMES = (
    "model",
    *permalink.SAMPLE_NAMES,
    permalink.TAKE,
    permalink.EDITS,
    *listening.NAMES,
    "lang",
    "corpus",
    "lesson",
)
"""All parameters that the pages look at."""

PICTURE = "![x](http://evil.test/a.png)"
VALUES = (
    PICTURE,
    "[x](http://evil.test)",
    "<img src=http://evil.test/a>",
    "http://evil.test",
    "www.evil.test",
    "a@evil.test",
    ":material/home:",
    ":red[x]",
    "$x$",
    "`x`",
    "a\u202eb\u2066",
    "\x1b[31m",
    "\0",
    "{name}",
    "{0}",
    "%s",
    "{",
    "",
    " ",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "0",
    "1",
    "2",
    "1.0",
    "1_0",
    "٣",
    "²",
    "true",
    "None",
    "9" * 5_000,
    "1e5000",
    "-" * 3_000,
    "0x10",
    "[]",
    "{}",
    "[[[",
    "[" * 3_900,
    '[{"take":[0,"x"]}]',
    '[{"take":[99999999,"x"]}]',
    '[{"rewrite":[1,9999,0,0]}]',
    '[{"take":[-1,""]}]',
    "../../etc/passwd",
    "/etc/passwd",
    "house/../house",
    "house",
    "tiny",
    "jig",
    "reel",
    "6/8",
    "1/0",
    "0/0",
    "99999999/8",
    "C|",
    "K:D",
    "D major",
    "H sharp",
    "D-b",
    "62-83",
    "b-D",
    "whistle",
    "X:1\n\n\n",
    "X:1\nK:D\n",
    "X:1\nM:6/8\nL:1/8\nK:D Major\nDFA dAF|",
    "%%abc",
    "|" * 400,
    "(" * 400,
    "a" * 30_000,
    "漢" * 3_000,
    "piano",
    "int8",
    "float32",
)
TRIES = 36
MAX_SHOWN = 1_100


def told(app):
    return [item.value for item in (*app.error, *app.warning, *app.info)]


def check(app):
    assert not app.exception
    for text in told(app):
        assert len(text.replace("\\", "")) <= MAX_SHOWN
        assert not re.search(r"(?<!\\)\[|(?<!\\)<(?=[a-z])|https?://|www\.|\u202e|\x1b|\x00", text)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_in_a_link_is_words(home, open_app, name):
    check(open_app(**{name: PICTURE}))


@pytest.mark.parametrize("seed", range(3))
def test_a_link_of_nonsense_is_a_page(home, open_app, seed):
    rng = random.Random(seed)
    for _ in range(TRIES // 3):
        names = rng.sample(NAMES, rng.choice((1, 1, 2, 3, 6)))
        check(open_app(**{name: rng.choice(VALUES) for name in names}))


def test_a_very_long_beginning_is_a_sentence_wherever_it_comes_from(home, open_app):
    for length in (6_000, 300_000):
        app = open_app(model="house", seed="1", prompt="X:1\nK:D\n" + "a" * length)
        check(app)
        assert any("characters" in text for text in told(app))


def test_a_sentence_is_shown_as_it_is_and_not_at_any_length():
    from musicgen.errors import ConfigError

    error = ConfigError("There is no {name!r}.", name=PICTURE)
    assert sentence(error) == plain(sentence_text(error))
    assert sentence_text(error) == f"There is no {PICTURE!r}."
    long = sentence_text(ConfigError("There is no {name}.", name="x" * 10_000))
    assert len(long) == MAX_SENTENCE
    assert long.endswith("…")
    unfilled = ConfigError(f"{PICTURE} cannot be read.")
    assert sentence(unfilled) == plain(f"{PICTURE} cannot be read.")
