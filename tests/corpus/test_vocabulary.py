import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CorpusError


@given(st.text(min_size=2).filter(lambda text: len(set(text)) > 1))
def test_any_text_survives_encoding(text: str) -> None:
    vocabulary = Vocabulary.from_text(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_ids_follow_the_order_of_characters() -> None:
    assert Vocabulary.from_text("cabba").encode("abc").tolist() == [0, 1, 2]


def test_unknown_characters_are_named() -> None:
    with pytest.raises(CorpusError, match="'z'"):
        Vocabulary.from_text("abc").encode("abz")


@pytest.mark.parametrize("characters", [(), ("a",), ("a", "a"), ("a", "bc"), ("a", "")])
def test_what_is_no_vocabulary_is_refused(characters: tuple[str, ...]) -> None:
    with pytest.raises(CorpusError):
        Vocabulary(characters)
