import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.errors import NameFault
from musicgen.names import (
    MAX_NAME_BYTES,
    MAX_NAME_CHARACTERS,
    check_name,
    find_folder,
    is_name,
    make_name,
    normalize_name,
)

GOOD = (
    "quick-1", "My.Run_2", "小调", "我的曲子-3", "二〇二六", "メヌエット", "민요", "Ελληνικά",
    "песня", "सुर", "เพลง", "أغنية", "שיר", "Đà_Nẵng", "été", "𠮷田", "1", "ⅳ",
)  # fmt: skip
BAD = (
    "", ".", "..", ".hidden", "-x", "_x", "a b", " a", "a ", "a/b", "a\\b", "a:b", "own:a", "a+b",
    "a*", "a?", 'a"', "a|b", "<a>", "a\0", "a\nb", "a\tb", "\u202eabc", "a\u200bb", "a\u200db",
    "a\ufeff", "a\u00adb", "\u0301a", "a\ufe0f", "\u3164", "a\u3164", "a\u115f", "好 吗",
    "好\u3000吗", "♪", "🎵", "a／b", "。", "《曲》", "con", "CON", "Nul.abc", "com1", "LPT9.x",
    "com¹", "end.", "x" * 65, "曲" * 65, "𠮷" * 64, "\ud800", "\ue000",
)  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_letters_and_digits_of_any_script_name_something(name: str, tmp_path: Path) -> None:
    assert check_name(name) == name
    assert is_name(name)
    (tmp_path / name).mkdir()
    assert find_folder(tmp_path, name).is_dir()


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_a_folder_everywhere_is_a_reason(name: str) -> None:
    with pytest.raises(NameFault) as fault:
        check_name(name)
    assert str(fault.value)


def test_one_name_typed_in_two_ways_is_one_name(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "été-Đà-각")
    assert check_name(apart) == normalize_name(apart) == "été-Đà-각"
    (tmp_path / apart).mkdir()
    assert find_folder(tmp_path, "été-Đà-각").is_dir()
    assert find_folder(tmp_path / "gone", "été") == tmp_path / "gone" / "été"


@pytest.mark.parametrize("name", ["con", "end.", "x.new", "a" * MAX_NAME_CHARACTERS])
def test_names_of_earlier_versions_are_still_found(name: str) -> None:
    assert is_name(name)


@given(st.text(max_size=80))
def test_any_name_that_is_allowed_is_safe(text: str) -> None:
    try:
        name = check_name(text)
    except NameFault:
        return
    assert name == unicodedata.normalize("NFC", text) == check_name(name)
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert not set(name) & set('/\\:*?"<>| \t\r\n\0')
    assert not any(unicodedata.category(sign)[0] in "CZ" for sign in name)
    assert not name.startswith((".", "-")) and not name.endswith(".")


@given(st.text(max_size=200), st.integers(1, MAX_NAME_CHARACTERS - 2))
def test_a_name_is_made_of_any_text_with_a_letter(text: str, most: int) -> None:
    name = make_name(text, most)
    assert name == "" or check_name(name)
    assert len(name) <= most + 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My tunes (2)", "My-tunes-2"), ("我的曲子", "我的曲子"),
        ("《二泉映月》.abc", "二泉映月-abc"),
        ("सुर", "सुर"), ("..", ""), ("\u0300:0", "0"), ("🎵", ""),
        ("con", "con-1"), ("a_b.c", "a-b-c"),
    ],
)  # fmt: skip
def test_a_name_keeps_what_a_text_says(text: str, name: str) -> None:
    assert make_name(text) == name
