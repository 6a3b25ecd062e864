"""Described headers: wishes stand in them, and the rest is drawn as the book has it."""

import dataclasses
from collections import Counter

import pytest

from musicgen.config import SampleConfig, TrainingConfig
from musicgen.corpus.described import Description, read_header
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.notation.analysis.sections import section_lengths
from musicgen.notation.grammar.rules import RHYTHMS
from musicgen.sampling.composer import compose, read_prompt
from musicgen.sampling.headers import read_counts, write_prompt
from tests.examples import ScriptedNetwork

HEADERS = {
    Description("lab", "reel", "C", "1/8", (8, 8), "b", "D Major").header(): 30,
    Description("lab", "reel", "C|", "1/8", (8, 8), "a", "G Major").header(): 10,
    Description("lab", "jig", "6/8", "1/8", (8, 8), "c", "A Mixolydian").header(): 20,
    Description("lab", "jig", "6/8", "1/8", (8, 8, 8), "b", "G Major").header(): 5,
    Description("lab", "waltz", "3/4", "1/8", (16, 9), "b", "D Major").header(): 5,
    Description("oneill", "", "2/4", "1/8", (8, 8), "a", "Bb Major").header(): 50,
}
MUSIC = "DFAd DFAd|"
TUNE = (
    "X:1\nB:lab\nR:reel\nM:C\nL:1/8\nN:8 8 b\nK:D Major\n"
    + MUSIC * 7
    + "D8:|!\n"
    + MUSIC * 7
    + "D8:|!\n\n"
)


@pytest.fixture
def described() -> Checkpoint:
    vocabulary = Vocabulary.from_text("".join(HEADERS) + TUNE + "abcdefgABCDEFG,'23/4=^_+[]")
    network = ScriptedNetwork(vocabulary, "\n\n" + TUNE)
    metadata = CheckpointMetadata(
        "described", 1, network.config, TrainingConfig(described=True), vocabulary.characters,
        corpus={"source": "lab+oneill", "headers": HEADERS,
                "titles": {"lab": ["Lark in the Bog", "Geese in the Morning", "Maid in the Barn"]}},
    )  # fmt: skip
    return Checkpoint(network.eval(), metadata, "0123456789ab")


def header(checkpoint: Checkpoint, **wishes: object) -> Description:
    config = SampleConfig(**wishes)
    text, length = write_prompt(read_counts(checkpoint.metadata), config, config.prompt)
    assert text[:length] == read_header(text).header()
    return read_header(text)


def test_without_wishes_headers_come_as_often_as_in_the_book(described: Checkpoint) -> None:
    drawn = Counter(header(described, seed=seed).rhythm for seed in range(1300))
    # Of 65 headers of the book that the grammar can write 40 are reels: five deviations are 87.
    assert abs(drawn["reel"] - 800) < 87 and drawn["waltz"] == 0
    assert {header(described, seed=seed).book for seed in range(50)} == {"lab"}


@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("key", ["G Major", "E Dorian", "F Minor"])
def test_rhythm_and_key_are_kept_and_the_meter_suits(
    described: Checkpoint, rhythm: str, key: str
) -> None:
    for seed in range(5):
        found = header(described, rhythm=rhythm, key=key.lower(), seed=seed)
        assert (found.rhythm, found.key) == (rhythm, key)
        assert found.meter in RHYTHMS[rhythm]
        assert found.book == ("lab" if key == "G Major" else "lab+")


def test_form_book_and_likeness_are_kept(described: Checkpoint) -> None:
    found = header(described, sections=3, bars=8, likeness="most")
    assert (found.form, found.likeness) == ((8, 8, 8), "e")
    assert header(described, sections=4, bars=12).form == (12, 12, 12, 12)
    assert header(described, sections=1, likeness="much").likeness == ""
    assert header(described, book="oneill").key == "Bb Major"
    assert header(described, meter="9/8").meter == "9/8"
    with pytest.raises(CompositionError, match=r"no tunebook 'other'\. Choose from: lab, oneill"):
        header(described, book="other")


def test_a_beginning_has_its_say(described: Checkpoint) -> None:
    found = read_prompt(described, SampleConfig(prompt="X:3\nT:Mine\nM:6/8\nK:G\nGBd gdB|"))
    told = read_header(found.text)
    assert (told.meter, told.key, told.rhythm) == ("6/8", "G Major", "jig")
    assert found.text.endswith("K:G Major\nGBd gdB|") and "Mine" not in found.text
    assert found.text[found.header_length :] == "GBd gdB|"
    bare = read_prompt(described, SampleConfig(prompt="DFAd|", key="D major"))
    assert bare.text[bare.header_length :] == "DFAd|"
    own = read_prompt(described, SampleConfig(prompt=TUNE[:-60]))
    assert own.text == TUNE[:-60]


def test_the_form_that_is_told_is_kept_by_the_grammar(described: Checkpoint) -> None:
    (tune,) = compose(described, SampleConfig(rhythm="reel", key="D major"))
    assert section_lengths(tune.tune) == (8, 8) and tune.is_complete
    (longer,) = compose(described, SampleConfig(rhythm="reel", key="D major", sections=3, bars=4))
    assert section_lengths(longer.tune) == (4, 4, 4)


def test_people_read_a_title_and_no_private_words(described: Checkpoint) -> None:
    (tune,) = compose(described, SampleConfig(seed=2, rhythm="reel", key="D major"))
    assert tune.abc.startswith("X:1\nB:lab\nR:reel\n") and tune.header_length
    assert tune.title and tune.public_tune.title == tune.title
    assert tune.public_abc.startswith(f"X:1\nT:{tune.title}\nR:reel\nM:C\nL:1/8\nK:D Major\n")
    assert [note.pitches for note in tune.public_tune.notes] == [
        note.pitches for note in tune.tune.notes
    ]
    named = dataclasses.replace(tune, name="Ännchen's 曲")
    assert named.public_tune.title == "Ännchen's 曲"
    assert named.public_abc.count("\nT:") == 1 and tune.title not in named.public_abc
    (again,) = compose(described, tune.config)
    assert again == tune


def test_other_networks_do_not_know_such_wishes(described: Checkpoint) -> None:
    metadata = dataclasses.replace(described.metadata, training=TrainingConfig())
    plain = Checkpoint(described.network, metadata, "0123456789ab")
    for wish in ({"likeness": "much"}, {"book": "lab"}):
        with pytest.raises(CompositionError, match="was not taught to keep to a"):
            compose(plain, SampleConfig(**wish))


@pytest.mark.parametrize("headers", [None, [], {"X:1\nK:D Major\n": -1}, {"": 3}])
def test_a_checkpoint_without_headers_composes_all_the_same(
    described: Checkpoint, headers: object
) -> None:
    corpus = {"source": "lab", "headers": headers}
    metadata = dataclasses.replace(described.metadata, corpus=corpus)
    bare = Checkpoint(described.network, metadata, "0123456789ab")
    told = read_header(read_prompt(bare, SampleConfig()).text)
    assert told.meter and told.key and told.form
