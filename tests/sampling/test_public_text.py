"""What leaves the program carries no credit that a network invented."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from musicgen.config import NetworkConfig, SampleConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.report.result import make_example
from musicgen.library.favourites import FavouriteStore
from musicgen.library.serialization import from_values, to_values
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.files.archive import write_zip
from musicgen.rendering.files.embedded_provenance import read_recipes
from musicgen.rendering.files.formats import FORMATS, from_composition
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.beginnings import first_bars
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.edit_list import Take
from musicgen.sampling.edits import apply_edits
from musicgen.training.runs.samples import compose_sample
from tests.examples import ScriptedNetwork

INVENTED = ("dc-reel-17", "O'Carolan", "O'Neill", "Donegal", "Packie", "a book", "417", "memory")
TUNE = (
    "X:417\nT:The Broken Pledge\nZ: id:dc-reel-17\nC:O'Carolan\nS:Packie\nB:a book\nO:Donegal\n"
    "R:jig\nM:6/8\nL:1/8\nK:D Major\nDFA dAF|GBd gdB|\nN:from memory\n"
    "Ace ecA|[N:O'Neill]d3 d3:|\n\n"
)

NOTATED = tuple(
    name
    for name, one in FORMATS.items()
    if name == "midi" or not (one.is_sounding or one.is_engraved)
)
"""Formats that hold their words as they are."""

Draw = Callable[..., Composition]


def scripted(script: str) -> Checkpoint:
    vocabulary = Vocabulary.from_text(script + "AZmine")
    network = ScriptedNetwork(vocabulary, "\n\n" + script)
    metadata = CheckpointMetadata(
        "told", 1, NetworkConfig(vocab_size=len(vocabulary)), TrainingConfig(),
        vocabulary.characters,
    )  # fmt: skip
    return Checkpoint(network.eval(), metadata, "0123456789ab")


def draw(prompt: str = "", script: str = TUNE) -> Composition:
    return compose(scripted(script), SampleConfig(free=True, seed=3, prompt=prompt))[0]


def assert_clean(data: bytes | str) -> None:
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    plain = re.sub(r"musicgen checkpoint=[^\n]*", "", text)
    assert not [word for word in INVENTED if word in plain], plain


def test_the_network_s_own_text_is_kept_for_making_it_again() -> None:
    tune = draw()
    assert tune.abc == TUNE[:-1]
    assert from_values(to_values(tune)) == tune
    assert all(word in tune.abc for word in INVENTED)


def test_text_and_tune_for_people_have_no_invented_credits() -> None:
    tune = draw()
    assert_clean(tune.public_abc)
    assert tune.public_tune.title == "The Broken Pledge"
    assert tune.public_tune.rhythm == "jig"
    assert tune.public_tune.reference == "1"
    assert {letter for letter, _value in tune.public_tune.fields} == set("XTRMLK")
    notes = [(note.pitches, note.onset) for note in tune.tune.notes]
    assert [(note.pitches, note.onset) for note in tune.public_tune.notes] == notes


@pytest.mark.parametrize("text", [TUNE, TUNE.replace("T:The Broken Pledge\n", "")])
def test_a_tune_bears_the_name_that_somebody_gave_it(text: str) -> None:
    tune = replace(draw(), abc=text[:-1], tune=read_tune(text[:-1])[0], name="Mine: yours|")
    assert [tune.public_tune.title, *tune.public_tune.titles] == 2 * ["Mine: yours|"]
    assert [note.pitches for note in tune.public_tune.notes] == [n.pitches for n in tune.tune.notes]
    assert from_values(to_values(tune)).public_abc == tune.public_abc


@pytest.mark.parametrize("name", NOTATED)
@pytest.mark.parametrize(
    "playback", [PlaybackSettings(), PlaybackSettings(transpose=3, has_chords=True)]
)
def test_no_file_has_them(name: str, playback: PlaybackSettings) -> None:
    piece = from_composition(draw(), playback=playback)
    assert_clean(piece.make(name))
    assert "musicgen checkpoint=told" in piece.make(name).decode("utf-8", "replace")
    assert b"Broken Pledge" in piece.make(name)


def test_no_archive_and_no_favourite_has_them(tmp_path: Path) -> None:
    tune = draw()
    packed = write_zip([from_composition(tune)], NOTATED)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in archive.namelist():
            assert_clean(archive.read(name))
    store = FavouriteStore(tmp_path / "favourites")
    store.add(tune)
    assert_clean(store.list()[0].composition.to_abc())


def test_what_somebody_gave_is_theirs() -> None:
    given = "X:12\nT:Mine\nZ:mine\n"
    tune = draw(given, given + TUNE[TUNE.index("C:") :])
    assert tune.public_abc.startswith(given + "R:jig\n")
    assert_clean(tune.public_abc)
    assert from_composition(tune).make("abc").decode().startswith(given)


def test_a_tune_that_was_changed_by_hand_has_none_either() -> None:
    at = TUNE.index("dAF")
    tune = draw()
    changed = apply_edits(scripted(TUNE), tune, [Take(at, "A")])
    assert changed.abc != tune.abc
    assert changed.drawn_start == 2
    assert_clean(changed.to_abc())


def test_a_beginning_taken_from_a_tune_has_none() -> None:
    assert_clean(first_bars(draw().public_tune, 2))


def test_samples_of_a_training_and_examples_of_a_report_have_none() -> None:
    checkpoint = scripted(TUNE)
    sample = compose_sample(checkpoint.network, checkpoint.vocabulary, 1, None)
    if sample:
        assert_clean(sample.abc)
    assert_clean(make_example(TUNE, 3, 0.1).abc)
    assert make_example(TUNE, None, 0.1).abc == TUNE


def test_files_of_an_earlier_version_still_make_their_tune_again(tmp_path: Path) -> None:
    tune = draw()
    before = tune.to_abc(tune=tune.tune)  # as it was written then, credits and all
    assert "dc-reel-17" in before
    for number, text in enumerate((before, tune.to_abc())):
        path = tmp_path / f"{number}.abc"
        path.write_text(text)
        (recipe,) = read_recipes(path)
        assert recipe.config == tune.config
        assert compose(scripted(TUNE), recipe.config)[0] == tune
