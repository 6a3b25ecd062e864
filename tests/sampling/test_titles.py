"""Titles: known words, no known names, and no other dance."""

import pytest

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.titles import draw_title, fold_title, write_title

TITLES = [
    "The Lark in the Morning", "The Lark on the Strand", "Lad in the Barn", "Cooley's",
    "Paddy Ryan's Dream", "Paddy Ryan's Jig", "Miss Monaghan's Reel", "Miss Johnson's Reel",
    "The Maid in the Meadow", "Maid on the Strand, The", "Geese in the Bog No. 2", "The Old Bog",
]  # fmt: skip


def metadata(titles: object) -> CheckpointMetadata:
    config = NetworkConfig()
    return CheckpointMetadata(
        "small", 1, config, TrainingConfig(), tuple("ab"), corpus={"titles": titles}
    )


def text(rhythm: str) -> str:
    return f"X:1\nB:lab\nR:{rhythm}\nM:C\nL:1/8\nK:D Major\nDEFG ABcd|]\n"


@pytest.mark.parametrize("rhythm", ["reel", "jig"])
def test_titles_are_new_and_of_known_words(rhythm: str) -> None:
    known = {fold_title(title) for title in TITLES}
    words = {word for title in TITLES for word in title.replace(",", "").split()}
    found = [draw_title(metadata({"lab": TITLES}), text(rhythm), seed) for seed in range(200)]
    made = [title for title in found if title]
    assert len(set(made)) > 5
    for title in made:
        assert fold_title(title) not in known
        assert set(title.split()) <= words
        assert title.split()[-1].lower() not in ("the", "in", "on", "miss")
        assert {"reel": "Jig", "jig": "Reel"}[rhythm] not in title


def test_the_same_seed_gives_the_same_title() -> None:
    own = metadata({"lab": TITLES})
    assert draw_title(own, text("reel"), 5) == draw_title(own, text("reel"), 5)


@pytest.mark.parametrize("titles", [None, {}, {"lab": []}, {"lab": ["Cooley's"]}, [1, 2]])
def test_of_too_few_titles_none_is_made(titles: object) -> None:
    assert draw_title(metadata(titles), text("reel"), 1) == ""


def test_a_title_stands_behind_the_number() -> None:
    written = write_title(text("reel"), "100 % Réel \\ &")
    tune, problems = read_tune(written)
    assert tune.title == "100 % Réel \\ &" and not problems
    assert written.startswith("X:1\nT:")


def test_spellings_of_one_name_are_one() -> None:
    assert fold_title("The Lark's Nest") == fold_title("larks nest, the")
