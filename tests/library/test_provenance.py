"""The line that every file carries, read back: whole, cut, changed, and from other versions."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import SampleConfig
from musicgen.errors import ProvenanceError
from musicgen.library.provenance import (
    check_complete,
    check_recipe,
    find_recipes,
    fit_provenance,
    parse_provenance,
)
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import Composition
from musicgen.sampling.edit_list import Rewrite, Take
from musicgen.sampling.guidance import GRAMMAR_VERSION

TUNE, _PROBLEMS = read_tune("X:1\nK:D\nA|]")
FREE = SampleConfig(free=True, seed=7, prompt='X:1\nT:a "b" \\ % é 调\n')
ASKED = SampleConfig(temperature=1.1, seed=2**31 - 1, key="E dorian", bars=8, range="fiddle")


class Model:
    """As much of a checkpoint as is compared."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint


def line(config: SampleConfig, checkpoint: str = "house") -> str:
    return Composition(
        "", TUNE, (), (), 0, True, config.seed, config, checkpoint, "0123abcd4567"
    ).provenance()  # fmt: skip


def with_settings(**changes: object) -> str:
    head, _, settings = line(ASKED).partition("settings=")
    return f"{head}settings={json.dumps(json.loads(settings) | changes)}"


@pytest.mark.parametrize("config", [FREE, ASKED, SampleConfig()])
def test_what_is_written_is_read(config):
    recipe = parse_provenance(f"N:{line(config)}\nK:D\n")
    assert recipe.config == config
    assert (recipe.checkpoint, recipe.fingerprint) == ("house", "0123abcd4567")
    assert recipe.grammar == (0 if config.free else GRAMMAR_VERSION)
    check_complete(recipe)
    check_recipe(recipe, Model("0123abcd4567"))


@given(st.text(max_size=60), st.integers(0, 2**31 - 1))
def test_any_beginning_and_seed_survive(prompt, seed):
    config = SampleConfig(prompt=prompt, seed=seed)
    text = line(config)
    assert parse_provenance(text).config == config
    assert parse_provenance(fit_provenance(text, 10_000, ascii_only=True)).config == config
    assert fit_provenance(text, 10_000, ascii_only=True).isascii()


@pytest.mark.parametrize("name", ["小调-1", "Đà_Nẵng", "𠮷田", "house"])
def test_a_name_in_any_script_survives_in_carriers_of_ascii(name):
    text = line(ASKED).replace("checkpoint=house", f"checkpoint={name}")
    written = fit_provenance(text, 10_000, ascii_only=True)
    assert written.isascii()
    assert parse_provenance(written) == parse_provenance(text)
    assert parse_provenance(written).checkpoint == name


def test_several_lines_are_several_recipes_even_one_inside_another():
    inner = line(SampleConfig(seed=1))
    text = f"{line(SampleConfig(prompt=inner, seed=2))} and then\0 {inner}"
    assert [recipe.config.seed for recipe in find_recipes(text)] == [2, 1]


@pytest.mark.parametrize("text", ["", "X:1\nK:D\n", "musicgen", "checkpoint=house"])
def test_a_text_without_a_line_of_ours_is_a_sentence(text):
    with pytest.raises(ProvenanceError, match="does not say how it was made"):
        parse_provenance(text)


@pytest.mark.parametrize("length", range(len("musicgen checkpoint="), len(line(ASKED)), 7))
def test_a_line_that_is_cut_off_is_a_sentence(length):
    with pytest.raises(ProvenanceError, match="cut off"):
        parse_provenance(line(ASKED)[:length])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"harmonics": 3}, "does not know: harmonics. Update"),
        ({"temperature": 99}, "not possible: temperature"),
        ({"temperature": "hot"}, "not possible: temperature"),
        ({"temperature": float("nan")}, "finite"),
        ({"bars": 1e99}, "not possible"),
        ({"edits": "all"}, "must be a list"),
        ({"grammar": "two"}, "changed"),
        ({"edits_left_out": 2}, "no room"),
    ],
)
def test_what_this_version_cannot_do_is_a_sentence(changes, words):
    with pytest.raises(ProvenanceError, match=words):
        parse_provenance(with_settings(**changes))


def test_braces_without_end_are_a_sentence():
    head = line(ASKED).partition("{")[0]
    with pytest.raises(ProvenanceError, match="cut off"):
        parse_provenance(head + '{"a":' * 50_000)


def test_another_network_and_another_grammar_are_refused():
    recipe = parse_provenance(line(ASKED))
    with pytest.raises(ProvenanceError, match="another version of house") as caught:
        check_recipe(recipe, Model("ffff00001111"))
    assert "--anyway" in str(caught.value)
    with pytest.raises(ProvenanceError, match="grammar"):
        check_recipe(replace(recipe, grammar=GRAMMAR_VERSION + 1), Model("0123abcd4567"))


def test_a_tune_from_before_the_grammar_was_written_freely():
    head, _, settings = line(SampleConfig()).partition("settings=")
    values = json.loads(settings)
    del values["grammar"]
    assert parse_provenance(f"{head}settings={json.dumps(values)}").config.free


def test_changes_are_kept_and_unknown_ones_are_a_sentence():
    recipe = parse_provenance(with_settings(edits=[{"rewrite": [3, 4, 9, 1]}, {"take": [20, "d"]}]))
    assert recipe.edits == (Rewrite(3, 4, 9, 1), Take(20, "d"))
    check_complete(recipe)
    with pytest.raises(ProvenanceError, match="no change to a tune"):
        parse_provenance(with_settings(edits=[{"bar": 3, "seed": 9}]))


def test_a_long_beginning_leaves_the_rest_whole():
    prompt = "X:1\nK:D\n" + "ABcd efga|" * 300
    text = fit_provenance(line(SampleConfig(prompt=prompt, seed=5)), 2_000)
    assert len(text.encode()) <= 2_000
    recipe = parse_provenance(text)
    with pytest.raises(ProvenanceError, match=f"{len(prompt)} characters, was too long"):
        check_complete(recipe)
    with pytest.raises(ProvenanceError, match="not the beginning"):
        recipe.with_prompt(prompt + "A")
    whole = recipe.with_prompt(prompt)
    check_complete(whole)
    assert whole.config == SampleConfig(prompt=prompt, seed=5)
    with pytest.raises(ProvenanceError, match="leave out --prompt"):
        whole.with_prompt(prompt)


def test_many_rewritten_bars_are_counted_where_there_is_no_room():
    text = fit_provenance(with_settings(edits=[{"bar": n} for n in range(500)]), 2_000)
    assert len(text.encode()) <= 2_000
    with pytest.raises(ProvenanceError, match="no room"):
        parse_provenance(text)


def test_other_comments_pass_as_they_are():
    assert fit_provenance("played by heart", 5) == "played by heart"
