"""Whole numbers: near the network they come from, the same in any batch, and as published."""

import math

import numpy as np
import pytest

from musicgen.__main__ import main
from musicgen.config import SampleConfig
from musicgen.errors import CompositionError
from musicgen.models.position import FEATURES, TunePosition, follow_positions
from musicgen.sampling.composer import compose
from musicgen.sampling.decoding import compute_probs
from musicgen.sampling.engine import build_engine
from musicgen.sampling.fixed_point import bend, bend_table, quantize
from musicgen.sampling.fixed_point_draw import (
    HEADER_STREAM,
    FixedLuck,
    Pcg32,
    compute_chances,
    draw_chances,
    exp2_table,
)
from musicgen.sampling.fixed_point_engine import normalize
from musicgen.sampling.fixed_point_position import FixedPosition
from musicgen.sampling.headers import list_prompts, read_counts, write_prompt
from tests.examples import write_checkpoint
from tests.export.networks import make_checkpoint

TEXT = "\n\nX:1\nB:lab\nR:jig\nM:6/8\nL:1/8\nN:8 8 b\nK:D Major\nDFA ABc|d2e f>ed:|(3abc d/2e/2|\n"
NETWORKS = [
    {"position": True, "relative": True},
    {"position": True, "layer_norm": True},
    {},
    {"kind": "lstm"},
    {"kind": "lstm", "layer_norm": True},
]


def test_the_generator_gives_the_numbers_of_its_author():
    # pcg32-demo of the PCG library, seeded with 42 and 54.
    generator = Pcg32(42, 54)
    expected = [0xA15C02B7, 0x7B47F409, 0xBA1D3330, 0x83D2F293, 0xBFA4784B, 0xCBED606E]
    assert [generator.next() for _ in expected] == expected


def test_the_tables_are_the_functions():
    places = np.arange(32 * 16 + 1) / 32
    assert np.abs(bend_table() - np.tanh(places / 2) * 2**15).max() <= 0.5 + 1e-9
    powers = 2.0 ** (-np.arange(257) / 256)
    assert np.abs(exp2_table() - powers * 2**24).max() <= 0.5 + 1e-6


def test_between_the_entries_lies_tanh():
    values = np.arange(-20 * 2**16, 20 * 2**16, 997)
    found = bend(values) / 2**15
    assert np.abs(found - np.tanh(values / 2**17)).max() < 6e-5
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("settings", NETWORKS)
def test_logits_are_near_those_of_the_network(settings):
    checkpoint = make_checkpoint(**settings, size=0.6)
    ids = checkpoint.vocabulary.encode(TEXT)
    fixed, exact = (build_engine(checkpoint, name).read(ids)[0] for name in ("fixed", "float32"))
    assert np.abs(fixed - exact).max() < 0.12
    assert np.corrcoef(fixed[0], exact[0])[0, 1] > 0.999


def test_logits_are_multiples_that_float32_holds():
    logits, _ = build_engine(make_checkpoint(position=True), "fixed").read(
        make_checkpoint().vocabulary.encode(TEXT)
    )
    assert logits.dtype == np.float32
    assert (logits.astype(np.float64) * 2**16 % 1 == 0).all()


def test_a_tune_is_the_same_alone_and_in_a_batch():
    checkpoint = make_checkpoint(position=True, relative=True)
    config = SampleConfig(seed=3, count=3, free=True, precision="fixed", max_new_tokens=80)
    together = [one.abc for one in compose(checkpoint, config)]
    alone = [
        compose(checkpoint, config.replace(seed=3 + number, count=1))[0].abc for number in range(3)
    ]
    assert together == alone
    assert len(set(together)) == 3


def test_the_grammar_holds_in_whole_numbers():
    config = SampleConfig(seed=2, precision="fixed", sections=1, bars=4)
    (tune,) = compose(make_checkpoint(position=True), config)
    assert tune.is_complete
    assert tune.problems == ()
    assert tune.log_odds == ()


@pytest.mark.parametrize("settings", [{"top_k": 3}, {"top_p": 0.5}])
def test_limits_without_a_definition_are_refused(settings):
    with pytest.raises(CompositionError, match="leave out"):
        compose(make_checkpoint(), SampleConfig(precision="fixed", free=True, **settings))


def test_a_vocabulary_of_more_than_a_byte_is_refused():
    checkpoint = make_checkpoint(kind="lstm")
    weights = checkpoint.loaded_weights
    large = type(weights)(weights.config.replace(vocab_size=300), weights.arrays)
    with pytest.raises(CompositionError, match="255"):
        quantize(large)


@pytest.mark.parametrize("temperature", [0.3, 0.8, 1.0, 2.5])
def test_chances_are_the_probabilities(temperature):
    logits = np.random.default_rng(1).normal(0, 4, (5, 70)).astype(np.float32)
    logits = np.round(logits * 2**16) / 2**16
    logits[:, 7] = -math.inf
    chances = compute_chances(logits, temperature)
    assert (chances[:, 7] == 0).all()
    assert chances.max() == 2**24
    found = chances / chances.sum(-1, keepdims=True)
    assert np.abs(found - compute_probs(logits, temperature)).max() < 3e-5


def test_each_character_is_drawn_as_often_as_its_chance_says():
    chances = np.broadcast_to(np.array([2**24, 2**23, 0, 2**22]), (4000, 4))
    generator = Pcg32(1)
    ids = draw_chances(chances, [generator.next() for _ in range(4000)])
    shares = np.bincount(ids, minlength=4) / 4000
    assert shares == pytest.approx([4 / 7, 2 / 7, 0, 1 / 7], abs=0.03)


def test_the_ends_of_the_random_numbers_draw_the_first_and_the_last():
    chances = np.array([[5, 0, 7, 0]] * 2)
    assert draw_chances(chances, [0, 2**32 - 1]).tolist() == [0, 2]


def test_a_norm_in_whole_numbers_is_a_norm():
    checkpoint = make_checkpoint(kind="lstm", layer_norm=True, hidden_size=40)
    network = quantize(checkpoint.loaded_weights)
    norm, hidden = network.layers[0].norm, np.random.default_rng(3).integers(-4096, 4097, (2, 40))
    values = hidden / 4096
    scale, shift = checkpoint.loaded_weights.norm(0)
    expected = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    expected = expected * scale + shift
    found = normalize(norm, hidden)
    unit = (np.abs(scale) * 8 + np.abs(shift)).max() / norm.limit
    assert np.abs(found * unit - expected).max() < 3e-3


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "X:1\nM:C|\nL:1/16\nK:Bb Dorian\n|:(5abcde f3/4g//|a<b c,,>d'|1 [K:G]x4:|2 ^^f__e=c|]\n\n",
        'M:9/8\nK:C\n(3ab(2cd {gf}e z3/2 "A"B|C/|D/5E/7|\nM:2/4\nL:1/12\nA999B/99 c//////////d|\n',
        "X:1\nN:4 : 8 12345 x 16\nB:ryan++\nR: reel \nM:7/9\nL:0/8\nK:\nK:Hp\nab|cd:|\n\n\n\nX:",
        "\n" * 3000 + "X:1\nK:F#mix\n" + "ab" * 1500 + "\n\nX:2\nK:A\na|",
    ],
)
def test_positions_are_those_of_the_network(text):
    plain = follow_positions(text)
    fixed = follow_positions(text, FixedPosition())
    # Lengths that no tunebook has may fall on the other side of an edge.
    coarse = [at for at, name in enumerate(FEATURES) if name in ("fraction", "left_in_bar")]
    for one, other in zip(plain, fixed, strict=True):
        differing = [at for at in range(len(one)) if one[at] != other[at]]
        assert set(differing) <= set(coarse)
    assert sum(one != other for one, other in zip(plain, fixed, strict=True)) < 0.1 * len(text)


def test_positions_agree_on_every_tune_of_the_tunebook(dataset):
    for side in ("train", "val"):
        for text in dataset.texts(side):
            assert follow_positions(text) == follow_positions(text, FixedPosition())


def test_a_copy_of_a_position_goes_on_alone():
    position = FixedPosition()
    for character in "X:1\nM:C\nK:D\nAB":
        position.feed(character)
    other = position.copy()
    other.feed("|")
    assert position.rows() != other.rows()
    assert isinstance(other, FixedPosition) and isinstance(other, TunePosition)


def test_headers_are_chosen_as_often_as_the_book_has_them():
    counts = read_counts(make_checkpoint().metadata)
    config = SampleConfig(free=True, precision="fixed")
    prompts = list_prompts(counts, config)
    assert list(prompts.values()) == [5, 3, 2]
    for seed in range(20):
        luck = FixedLuck(seed, HEADER_STREAM)
        (expected,) = luck.choices(list(prompts), list(prompts.values()))
        assert write_prompt(counts, config.replace(seed=seed), "")[0] == expected


def test_luck_needs_something_to_choose_from():
    with pytest.raises(ValueError, match="weights"):
        FixedLuck(1, 1).choices([], [])


def test_compose_fixed_writes_its_precision_into_the_file(tmp_path, monkeypatch, dataset):
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    write_checkpoint(tmp_path / "runs" / "small" / "best", dataset.vocabulary)
    command = ["compose", "--checkpoint", "small", "--formats", "abc", "--fixed"]
    assert main([*command, "--out", str(tmp_path / "one")]) == 0
    (file,) = (tmp_path / "one").iterdir()
    text = file.read_text()
    assert '"precision":"fixed"' in text
    assert main(["compose", "--from", str(file), "--formats", "abc",
                 "--out", str(tmp_path / "two")]) == 0  # fmt: skip
    assert (tmp_path / "two" / file.name).read_text() == text
