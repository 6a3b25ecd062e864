"""The page: its scripts compose what our engine composes, and show only what is right."""

import importlib.util
import json
import re
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from musicgen.__main__ import main
from musicgen.config import Paths, SampleConfig
from musicgen.errors import ExportError
from musicgen.export.html_page import html_page, part, write_html
from musicgen.export.native_model import make_native
from musicgen.export.page_check import compare_page, find_node, run_page
from musicgen.export.wasm import LANES, MOST, build_engine_wasm, engine_wasm, network_file
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.playback import played_notes
from musicgen.sampling.composer import compose
from tests.export.networks import make_checkpoint

pytestmark = pytest.mark.skipif(find_node() is None, reason="there is no Node")

QUARTER = 10080
HEAD = "X:1\nR:jig\nM:6/8\nL:1/8\nK:D Dorian\n"
TAKEN = {
    "upbeats": "A|dfa afd|ege edB|dfa afd|edc d2:|!\nA|d3 f3|e^ce =cBc|d3 f3|edc d2:|\n",
    "endings": "|:dfa afd|1 ege edB|dfa a3:|2 edc d3||\nd6|f6|a6|d6|]\n",
    "marked repeats": "|:d6|f6|a6|d6:|\n|:d3 f3|a2b a/b/a/g/f|(3abc d2 A2|[df]6:|\n",
    "rhythms": "d>ef g<fe|d3-d3|_B,^C,d'e''=fz|A3/2B/c d3|d6|d6|]\n",
}
REFUSED = {
    "a mark against the letter": "dF'e2 d2|d6|d6|d6|]\n",
    "two second endings": "|:d6|d6|1 d6:|2 d6|2 d6|]\n",
    "bar too long": "dfa afdd|d6|d6|d6|]\n",
    "bar too short": "d6|dfa af|d6|d6|]\n",
    "no end": "d6|d6|d6|d6",
    "one ending": "|:d6|d6|1 d6|d6:|\nd6|]\n",
    "field": "d6|d6|\nM:4/4\nd8|d8|]\n",
    "grace notes": "{A}d6|d6|d6|d6|]\n",
    "foreign sign": "d6|d6|~d6|d6|]\n",
    "broken over the bar": "d5>|f d5|d6|d6|]\n",
    "octaves": "^cC d4|d6|d6|d6|]\n",
    "tie to another note": "d3-e3|d6|d6|d6|]\n",
    "too short": "d6|d6|]\n",
}


@pytest.fixture(scope="module")
def small_page():
    return html_page(make_checkpoint(position=True), Paths.default())


@pytest.fixture(scope="module")
def house():
    return load_checkpoint(find_checkpoint("house", Paths.default()).path)


@pytest.mark.parametrize(
    "settings",
    [
        {"position": True, "relative": True},
        {"position": True, "layer_norm": True, "embedding_dim": 16, "hidden_size": 24},
        {"kind": "lstm", "described": False, "num_layers": 1},
    ],
)
def test_the_scripts_write_the_same_text(settings):
    checkpoint = make_checkpoint(**settings)
    (found,) = compare_page(html_page(checkpoint, Paths.default()), checkpoint, range(1), 0.9)
    assert found.largest == 0
    assert found.characters > 100


def test_a_difference_is_found(small_page):
    (found,) = compare_page(small_page, make_checkpoint(position=True, seed=5), range(1))
    assert not found.is_within


def test_tunes_of_house_are_those_of_compose(house, tmp_path, monkeypatch):
    page = html_page(house, Paths.default())
    found = run_page(
        page, {"task": "compose", "seeds": [0], "temperature": SampleConfig().temperature}
    )
    for one in found:
        (tune,) = compose(house, SampleConfig(seed=one["seed"], free=True, precision="fixed"))
        assert one["composed"] == tune.abc + "\n"
        assert one["title"] == tune.title
        assert not read_tune(one["abc"])[1]
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    (tmp_path / "page.abc").write_text(found[0]["abc"])
    assert main(["compose", "--from", str(tmp_path / "page.abc"), "--formats", "abc",
                 "--out", str(tmp_path / "again")]) == 0  # fmt: skip
    (again,) = (tmp_path / "again").iterdir()
    body = re.compile(r"^K:.*", re.MULTILINE | re.DOTALL)
    assert body.findall(again.read_text()) == body.findall(found[0]["abc"])


def test_the_reader_takes_what_is_right_and_reads_its_notes(small_page):
    texts = [HEAD + body + "\n" for body in TAKEN.values()]
    for text, found in zip(texts, _read(small_page, texts), strict=True):
        assert "refused" not in found, text
        for form in (text, found["abc"], found["shown"]):
            tune, problems = read_tune(form)
            assert not problems
            ours = sorted(
                (one.onset, one.duration, one.pitch)
                for one in played_notes(tune.bars, tune.play_order)
            )
            notes = [(time, length, pitch) for time, length, pitches in found["notes"]
                     for pitch in pitches]  # fmt: skip
            quarters = sorted((Fraction(t, QUARTER), Fraction(d, QUARTER), p) for t, d, p in notes)
            assert ours == quarters, form


def test_the_reader_refuses_what_is_not(small_page):
    texts = [HEAD + body + "\n" for body in REFUSED.values()]
    texts += ["d6|d6|d6|d6|]\n\n", "X:1\nM:none\nL:1/8\nK:C\nd6|d6|d6|d6|]\n\n"]
    taken = [
        text for text, one in zip(texts, _read(small_page, texts), strict=True) if "abc" in one
    ]
    assert taken == []


def test_what_is_shown_has_short_lines(small_page):
    (found,) = _read(small_page, [HEAD + "d6|" * 8 + "\n\n"])
    music = [line for line in found["shown"].split("\n") if "|" in line]
    assert [line.count("|") for line in music] == [2] * 4


def test_the_page_names_no_other_place_and_forbids_every_connection(small_page):
    found = _Elements()
    found.feed(small_page)
    assert [one for one in found.places if not one.startswith("data:")] == []
    assert "default-src 'none'" in found.policy
    assert "unsafe-eval" not in found.policy.replace("wasm-unsafe-eval", "")
    assert found.policy.count("sha256-") == 2


def test_both_languages_have_the_same_words():
    words = json.loads(part("words.json"))
    assert words["en"].keys() == words["zh"].keys()
    place = re.compile(r"\{\w+\}")
    for name, text in words["en"].items():
        assert sorted(place.findall(text)) == sorted(place.findall(words["zh"][name])), name
    used = set(re.findall(r'data-(?:words|label)="(\w+)"', part("page.html")))
    assert used <= words["en"].keys()


def test_the_file_of_a_network_has_its_arrays_where_it_says():
    model = make_native(make_checkpoint(layer_norm=True), LANES)
    data = network_file(model)
    numbers = [int.from_bytes(data[at : at + 4], "little") for at in range(0, 84, 4)]
    assert numbers[0] == 70
    assert data[numbers[12] :][:70] == model.characters


def test_a_network_that_the_engine_has_no_room_for_is_refused(monkeypatch):
    monkeypatch.setitem(MOST, "hidden_size", 10)
    with pytest.raises(ExportError, match="too large"):
        network_file(make_native(make_checkpoint(), LANES))


def test_a_page_without_node_is_written_with_a_warning(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("musicgen.export.html_page.find_node", lambda: None)
    assert write_html(make_checkpoint(), tmp_path / "page.html") == []
    assert "without a comparison" in caplog.text
    assert (tmp_path / "page.html").stat().st_size > 500_000


def test_a_page_without_abcjs_is_a_sentence(tmp_path):
    with pytest.raises(ExportError, match="abcjs"):
        html_page(make_checkpoint(), Paths(tmp_path, tmp_path))


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="there is no ziglang")
def test_the_engine_is_what_its_source_compiles_to():
    assert build_engine_wasm() == engine_wasm()


def _read(page, texts):
    return run_page(page, {"task": "read", "texts": texts})


class _Elements(HTMLParser):
    """The places that a page's elements name, and its policy."""

    def __init__(self):
        super().__init__()
        self.places, self.policy = [], ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.places += [values[name] for name in ("src", "href", "action") if name in values]
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
