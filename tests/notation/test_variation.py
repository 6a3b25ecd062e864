"""Variants of tunes, and tunes as other dances."""

import pytest
from scipy.stats import spearmanr

from musicgen.errors import NotationError
from musicgen.library.melody_search import find_melody
from musicgen.notation.analysis.bars import is_in_time
from musicgen.notation.analysis.incipit import melody_text, query_of
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.rhythm_change import DANCES, as_dance
from musicgen.notation.writing.variation import find_distance, vary

JIG = (
    "X:1\nT:Kettle\nM:6/8\nL:1/8\nR:jig\nK:D\n|:A|d2f edc|dAF DFA|B2d cBA|GBd e2f|\n"
    "d2f edc|dAF DFA|GBd cAG|FDD D2:|\n|:g|f2d dcd|fga gfe|dcB AFA|Bcd e2g|\n"
    "f2d d3|fga gfe|dcB AGE|FDD D2:|\n"
)
REEL = (
    "X:2\nT:Pot\nM:4/4\nL:1/8\nR:reel\nK:G\n|:DE|G2BG dGBG|A2cA eAcA|GABc dedB|c2AF GFDE|\n"
    "G2BG dGBG|A2cA e2dc|BdgB cAFA|GBAF G2:|\n|:Bd|g2bg dgbg|fgaf dfaf|e2ge cege|dBAB GABd|\n"
    "g2bg dgbg|f2af d2cA|BdgB cAFA|GBAF G2:|\n"
)
POLKA = "X:3\nT:Lid\nM:2/4\nL:1/8\nR:polka\nK:D\n|:FA dA|Bd AF|GB/A/ GF|E2 E2|"
POLKA += "FA dA|Bd AF|GE FE|D2 D2:|\n"


def pitches(tune):
    return [pitch for note in tune.notes for pitch in note.pitches]


@pytest.mark.parametrize("text", [JIG, REEL], ids=["jig", "reel"])
def test_variants_are_in_time_in_range_and_as_far_as_the_dial_says(text):
    tune = read_tune(text)[0]
    others = [melody_text(read_tune(one)[0]) for one in (JIG, REEL, POLKA)]
    own = [JIG, REEL, POLKA].index(text)
    dials, distances = [], []
    for seed in range(24):
        amount = seed / 23
        variant = read_tune(vary(tune, amount, seed))[0]
        assert is_in_time(variant) and variant.title == tune.title
        assert min(pitches(tune)) <= min(pitches(variant))
        assert max(pitches(variant)) <= max(pitches(tune))
        shares = [one.share for one in find_melody(query_of(variant), others)]
        assert shares[own] == max(shares) > 0.6
        dials.append(amount)
        distances.append(find_distance(tune, variant))
    assert spearmanr(dials, distances).statistic >= 0.9
    assert distances[0] > 0


def test_a_variant_is_the_same_for_the_same_seed_and_keeps_to_the_span():
    tune = read_tune(JIG)[0]
    assert vary(tune, 0.5, 3) == vary(tune, 0.5, 3) != vary(tune, 0.5, 4)
    wide = read_tune(vary(tune, 1, 5, (50, 98)))[0]
    assert min(pitches(wide)) >= 50 and max(pitches(wide)) <= 98


def test_a_near_variant_is_ornaments_and_a_tune_is_no_distance_from_itself():
    tune = read_tune(JIG)[0]
    assert find_distance(tune, tune) == 0
    near = read_tune(vary(tune, 0, 1))[0]
    assert 0 < find_distance(tune, near) < 0.06


@pytest.mark.parametrize("text", ["X:1\nK:C\n", "X:1\nM:6/8\nL:1/8\nK:C\n|:[CE]6:|\n"])
def test_what_cannot_be_varied_is_refused(text):
    with pytest.raises(NotationError):
        vary(read_tune(text)[0], 0.5, 1)


@pytest.mark.parametrize("dance", DANCES)
@pytest.mark.parametrize("text", [JIG, REEL, POLKA], ids=["jig", "reel", "polka"])
def test_a_tune_is_made_every_other_dance_in_time(text, dance):
    tune = read_tune(text)[0]
    made = read_tune(as_dance(tune, dance))[0]
    assert is_in_time(made) and made.rhythm == dance and made.title == tune.title
    assert made.meter.text == DANCES[dance].meter.text
    assert len(made.bars) == len(tune.bars) and made.play_order == tune.play_order


def test_dances_are_carried_over_beat_by_beat():
    def bars(text, dance):
        return as_dance(read_tune(text)[0], dance).split("K:D\n")[1].replace("\n", "")

    head = "X:1\nM:6/8\nL:1/8\nK:D\n"
    assert bars(f"{head}|:A|d2f edc|f2d d2:|\n", "reel") == "|:A|d2fe edcd|f2dc d3:|"
    head = "X:1\nM:4/4\nL:1/8\nK:D\n"
    assert bars(f"{head}|:DEFG A2d2:|\n", "jig") == "|:DFG Ad2:|"
    assert bars(f"{head}|:DEFG A2d2:|\n", "hornpipe") == "|:D>EF>G A2d2:|"
    assert bars(f"{head}|:DEFG A2d2:|\n", "polka") == "|:D/E/F/G/ Ad:|"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X:1\nM:9/8\nL:1/8\nK:D\nABc def gab|\n", "in 9/8"),
        ("X:1\nM:6/8\nL:1/8\nK:D\nABc def|defg|\n", "Bar 2 of this tune is out of time"),
    ],
)
def test_what_is_no_such_dance_is_refused(text, words):
    with pytest.raises(NotationError, match=words):
        as_dance(read_tune(text)[0], "reel")
