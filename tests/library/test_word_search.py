"""Words find tunes by what is written of them and by what they are: dance, key, meter, tags."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from musicgen.library.book_tune import BookTune, make_tune
from musicgen.library.word_search import find_words

HEADS = (
    ("The Kesh", "jig", "6/8", "G", ""),
    ("The Butterfly", "slip jig", "9/8", "Em", "session"),
    ("Sonny's Mazurka", "mazurka", "3/4", "D", ""),
    ("Inisheer", "waltz", "3/4", "G", "slow air"),
    ("Drowsy Maggie", "reel", "4/4", "Edor", ""),
    ("A Fig for a Kiss", "slip jig", "9/8", "Bb", ""),
    ("Prelude in E minor", "", "4/4", "F#m", ""),
)
TUNES = [
    replace(
        make_tune(f"X:1\nT:{title}\nC:Emma\nR:{rhythm}\nM:{meter}\nL:1/8\nK:{key}\nGABc|\n"),
        tags=tuple(filter(None, [tag])),
    )
    for title, rhythm, meter, key, tag in HEADS
]
CHINESE = {
    "G major": "G 大调", "D major": "D 大调", "Bb major": "Bb 大调", "E minor": "E 小调",
    "F# minor": "F# 小调", "E dorian": "E 多利亚调式", "waltz": "华尔兹",
}  # fmt: skip


def in_chinese(tune: BookTune) -> Iterable[tuple[str, str]]:
    yield CHINESE.get(tune.rhythm, tune.rhythm), CHINESE[tune.music_key]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("", [head[0] for head in HEADS]),
        ("jig", ["The Kesh", "The Butterfly", "A Fig for a Kiss"]),
        ("slip jig", ["The Butterfly", "A Fig for a Kiss"]),
        ("WALTZ", ["Inisheer"]),
        ("E minor", ["The Butterfly", "Prelude in E minor"]),
        ("E Minor jig", ["The Butterfly"]),
        ("Em", ["The Butterfly"] + [head[0] for head in HEADS if head[0] != "The Butterfly"]),
        ("em kesh", ["The Kesh"]),  # the composer is Emma
        ("Edor", ["Drowsy Maggie"]),
        ("E dorian", ["Drowsy Maggie"]),
        ("e", ["The Butterfly", "Drowsy Maggie", "Prelude in E minor"]),
        ("a", ["A Fig for a Kiss"]),
        ("G major", ["The Kesh", "Inisheer"]),
        ("gmaj", ["The Kesh", "Inisheer"]),
        ("B♭ major", ["A Fig for a Kiss"]),
        ("F#m", ["Prelude in E minor"]),
        ("b major", []),
        ("major 3/4", ["Sonny's Mazurka", "Inisheer"]),
        ("6/8", ["The Kesh"]),
        ("G大调", ["The Kesh", "Inisheer"]),
        ("g 大调 华尔兹", ["Inisheer"]),
        ("E多利亚", ["Drowsy Maggie"]),
        ("session", ["The Butterfly"]),
        ("slow g", ["Inisheer"]),
        ("kes", ["The Kesh"]),
        ("kesh reel", []),
        ("x" * 90, []),
        ("( [ \\ % _ ' ; --", []),
    ],
)
def test_all_words_must_be_there(words: str, titles: list[str]) -> None:
    found = find_words(TUNES, words, in_chinese)
    assert sorted(tune.title for tune in found) == sorted(titles)
    assert found == [tune for tune in TUNES if tune in found]  # in their order


def test_without_other_languages_the_names_are_english() -> None:
    assert [tune.title for tune in find_words(TUNES, "g major waltz")] == ["Inisheer"]
    assert find_words(TUNES, "大调") == []
