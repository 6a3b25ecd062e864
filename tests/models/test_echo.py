"""What echoes offer, and what a network makes of them."""

import numpy as np
import pytest
import torch

from musicgen.config import NetworkConfig
from musicgen.models.copy_candidates import (
    BARS_BEFORE,
    ECHOES,
    LEVELS,
    PLACES,
    StructureTokens,
    empty_memory,
    find_candidates,
)
from musicgen.models.echo import EchoNetwork
from musicgen.models.extension import extend_network
from musicgen.models.registry import build_network

HEAD = "X:1\nM:C|\nL:1/8\nK:G\n"
LINES = ("GDBG dBgd|bgdB cBAG|Fd^cd Adce|d2ed cAFA|!\n", "GDBG dBgd|bgdB cBAG|fedc edBG|G4 G4|!\n")
TUNE = HEAD + LINES[0] + LINES[1]
CHARACTERS = sorted(set(TUNE) | set("abcdefgABCDEFG"))
SIGNS = StructureTokens(*(CHARACTERS.index(sign) for sign in "|\n:"))
RUN, TWO, FOUR, EIGHT = range(ECHOES)


def encode(text: str) -> np.ndarray:
    return np.array([[CHARACTERS.index(character) for character in text]])


def echoes_of(text: str, memory: np.ndarray | None = None) -> tuple[list[str], np.ndarray]:
    """What each echo offers after each character, a text for each (a dot for nothing); levels."""
    memory = empty_memory(1) if memory is None else memory
    offered, levels, _ = find_candidates(encode(text), memory, SIGNS)
    names = [*CHARACTERS, "."]
    return ["".join(names[place] for place in row) for row in offered[0].T], levels[0]


def test_the_longest_run_goes_on_as_it_did_before() -> None:
    text = "GABcd|!\nGAFE|!\nGABc"
    offers, levels = echoes_of(text)
    assert offers[RUN][text.index("GAF") + 1] == "B"  # after GA
    # Of equal runs the newest; a longer one wins over it.
    assert offers[RUN][text.rindex("GABc") + 1] == "F"
    assert offers[RUN][text.rindex("GABc") + 2] == "c"
    assert offers[RUN][text.rindex("GABc") + 3] == "d"
    assert levels[0, RUN] == 0 and levels[-1, RUN] > levels[text.index("GAF") + 1, RUN]


@pytest.mark.parametrize(("echo", "bars"), list(enumerate(BARS_BEFORE, 1)))
def test_a_bar_is_offered_so_many_bars_later(echo: int, bars: int) -> None:
    body = [f"{first}2BG dBg{first}|" for first in "GABcdefgF"]
    text = HEAD + "".join(body[:bars]) + body[0]
    offers, levels = echoes_of(text)
    start = len(HEAD + "".join(body[:bars]))
    # After each character the next one of the bar is offered, beginning with the bar line before.
    assert offers[echo][start - 1 : -1] == body[0]
    assert levels[start - 1, echo] == 1
    assert levels[-2, echo] == 5


def test_upbeats_line_ends_and_double_bar_lines_are_no_bars() -> None:
    plain, _ = echoes_of(TUNE)
    marked = HEAD + "|:B|" + LINES[0].replace("|!", ":|!") + "ga|" + LINES[1]
    offers, _ = echoes_of(marked)
    place = marked.rindex(LINES[1])
    assert offers[FOUR][place - 1 : place + 19] == LINES[0][:20]
    assert plain[FOUR][TUNE.rindex(LINES[1]) - 1 :][:20] == LINES[0][:20]


def test_what_agrees_is_trusted_and_what_differs_is_not() -> None:
    _, levels = echoes_of(TUNE)
    second = TUNE.rindex(LINES[1])
    assert levels[second - 1, FOUR] == 1  # the bar before did not agree
    assert levels[second + 9, FOUR] == 2  # this one did
    differs = TUNE.index("fedc")
    assert levels[differs, FOUR] == 6
    assert levels[differs + 1, FOUR] == 7


def test_nothing_is_offered_from_the_tune_before() -> None:
    offers, levels = echoes_of(TUNE + "\n" + TUNE)
    alone, own = echoes_of(TUNE)
    assert [offer[len(TUNE) + 1 :] for offer in offers] == alone
    assert np.array_equal(levels[len(TUNE) + 1 :], own)


def test_a_text_without_signs_and_one_too_long_are_heard_all_the_same() -> None:
    ids = np.tile(np.arange(7), 300)[None]
    offered, levels, memory = find_candidates(ids, empty_memory(1), StructureTokens(-1, -1, -1))
    assert not levels[..., 1:].any()
    assert (offered[0, 20:PLACES, RUN] == (ids[0, 20:PLACES] + 1) % 7).all()
    assert (levels < LEVELS).all() and (memory < 3000).all()


def make_network(**changes: object) -> EchoNetwork:
    config = NetworkConfig(
        kind="echo", vocab_size=len(CHARACTERS), embedding_dim=5, hidden_size=7,
        bar_id=SIGNS.bar, line_id=SIGNS.line, colon_id=SIGNS.colon,
    )  # fmt: skip
    network = build_network(config.replace(**changes), 0).eval()
    assert isinstance(network, EchoNetwork)
    return network


def test_a_new_network_is_an_lstm_and_its_gates_copy() -> None:
    network = make_network()
    plain = build_network(network.config.replace(kind="lstm"), 0).eval()
    given = extend_network(plain, network.config, 5).eval()
    ids = torch.from_numpy(encode(TUNE))
    torch.testing.assert_close(given(ids)[0], plain(ids)[0])

    with torch.no_grad():
        given.trust[5, FOUR] = 50.0
    said = given(ids)[0].argmax(-1)[0]
    offered, levels, _ = find_candidates(ids.numpy(), empty_memory(1), SIGNS)
    sure = levels[0, :, FOUR] == 5
    assert sure.sum() == 8
    assert (said.numpy()[sure] == offered[0, sure, FOUR]).all()


def test_a_wider_vocabulary_keeps_what_the_echoes_learned() -> None:
    network = make_network()
    with torch.no_grad():
        for weight in network.parameters():
            weight += torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))
    wider = extend_network(
        network, network.config.replace(vocab_size=len(CHARACTERS) + 4), 2
    ).eval()
    ids = torch.from_numpy(encode(TUNE))
    torch.testing.assert_close(wider(ids)[0][..., : len(CHARACTERS)], network(ids)[0])
