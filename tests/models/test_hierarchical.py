import torch

from musicgen.config import NetworkConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.bar_boundaries import find_boundaries
from musicgen.models.hierarchical import HierarchicalNetwork, Level
from musicgen.presets import Preset
from musicgen.training.loop.session import fit_preset

TEXT = "K:D\nA|ABc|d2|e f|gab|a||\n|:ab|c:|!\n|[2 cd|]\n"
VOCABULARY = Vocabulary.from_text(TEXT)
BAR, LINE = VOCABULARY.ids["|"], VOCABULARY.ids["\n"]


def marked(boundaries: torch.Tensor) -> list[int]:
    return boundaries[0].nonzero().flatten().tolist()


def test_bars_end_at_bar_lines_that_something_stands_before() -> None:
    ids = torch.from_numpy(VOCABULARY.encode(TEXT))[None]
    found = find_boundaries(ids, torch.zeros(1, 1, 2), BAR, LINE)
    ends = [TEXT[: at + 1] for at in marked(found.bars)]
    assert [end.rpartition("\n")[2] for end in ends] == [
        "A|ABc|", "A|ABc|d2|", "A|ABc|d2|e f|", "A|ABc|d2|e f|gab|", "|:ab|", "|:ab|c:|", "|[2 cd|",
    ]  # fmt: skip


def test_phrases_end_with_the_fourth_bar_and_with_a_line_of_music() -> None:
    ids = torch.from_numpy(VOCABULARY.encode(TEXT))[None]
    found = find_boundaries(ids, torch.zeros(1, 1, 2), BAR, LINE)
    ends = [TEXT[: at + 1].rpartition("|")[0] for at in marked(found.phrases)]
    assert [TEXT[at] for at in marked(found.phrases)] == ["|", "\n", "\n"]
    assert ends[0].endswith("gab")


def test_what_was_counted_is_handed_on() -> None:
    ids = torch.from_numpy(VOCABULARY.encode(TEXT))[None]
    whole = find_boundaries(ids, torch.zeros(1, 1, 2), BAR, LINE)
    counters, bars, phrases = torch.zeros(1, 1, 2), [], []
    for stretch in ids.split(3, 1):
        part = find_boundaries(stretch, counters, BAR, LINE)
        counters = part.counters
        bars.append(part.bars)
        phrases.append(part.phrases)
    assert torch.equal(torch.cat(bars, 1), whole.bars)
    assert torch.equal(torch.cat(phrases, 1), whole.phrases)
    assert torch.equal(counters, whole.counters)


def test_a_level_is_torchs_lstm_over_its_boundaries() -> None:
    torch.manual_seed(0)
    level = Level(4, 3)
    values = torch.randn(2, 9, 4)
    places = [[1, 4, 8], [6]]
    is_boundary = torch.zeros(2, 9, dtype=torch.bool)
    state = torch.randn(1, 2, 3), torch.randn(1, 2, 3)
    for row, marks in enumerate(places):
        is_boundary[row, marks] = True
    known, (h, c) = level(values, is_boundary, state)
    for row, marks in enumerate(places):
        own = state[0][:, row : row + 1].contiguous(), state[1][:, row : row + 1].contiguous()
        outputs, (h_row, c_row) = level.lstm(values[row : row + 1, marks], own)
        torch.testing.assert_close(h[:, row], h_row[:, 0])
        torch.testing.assert_close(c[:, row], c_row[:, 0])
        torch.testing.assert_close(known[row, marks], outputs[0])
        torch.testing.assert_close(known[row, 0], state[0][0, row])  # before the first boundary
        torch.testing.assert_close(known[row, marks[0]], known[row, marks[0] + 1])


def test_the_next_bar_hears_what_the_last_one_was() -> None:
    """Two texts that differ in their first bar only, seen by an LSTM that forgets at once."""
    config = NetworkConfig(
        kind="hierarchical", vocab_size=6, embedding_dim=4, hidden_size=8, bar_id=0, line_id=1
    )
    torch.manual_seed(0)
    network = HierarchicalNetwork(config).eval()
    with torch.no_grad():
        network.layers[0].weight_hh_l0.zero_()
        network.layers[0].bias_ih_l0.chunk(4)[1].fill_(-100.0)  # forget gate shut
    first = torch.tensor([[2, 3, 2, 0, 4, 4, 5, 0]])
    second = torch.tensor([[2, 3, 5, 0, 4, 4, 5, 0]])
    moved = (network(first)[0] - network(second)[0]).abs().amax(-1)[0] > 1e-7
    assert moved.tolist() == [False, False, True] + [False] * 5  # it reads the bar line's value
    with torch.no_grad():
        network.layers[0].bias_ih_l0.chunk(4)[1].fill_(1.0)
    moved = (network(first)[0] - network(second)[0]).abs().amax(-1)[0] > 1e-7
    assert moved.tolist() == [False, False] + [True] * 6


def test_a_training_tells_the_network_where_bars_and_lines_end() -> None:
    from musicgen.config import TrainingConfig

    preset = Preset("one", "", NetworkConfig(kind="hierarchical"), TrainingConfig())
    fitted = fit_preset(preset, VOCABULARY).network
    assert (fitted.vocab_size, fitted.bar_id, fitted.line_id) == (len(VOCABULARY), BAR, LINE)
    assert fit_preset(preset, Vocabulary.from_text("abc")).network.bar_id == -1
