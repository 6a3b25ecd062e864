import pytest

from musicgen.audio.midi import to_midi
from musicgen.audio.tempo import default_qpm, map_tempo
from musicgen.notation.parsing.fields import parse_meter


@pytest.mark.parametrize(
    ("rhythm", "meter", "qpm"),
    [
        ("reel", "C|", 192),
        ("Slow Reel", "C|", 84),
        ("Double Jig", "6/8", 168),
        ("slip jig", "9/8", 168),
        ("Slide", "12/8", 189),
        ("hornpipe", "4/4", 152),
        ("3/2 hornpipe", "3/2", 168),
        ("Polka", "2/4", 120),
        ("waltz", "3/4", 138),
        ("set dance", "2/4", 144),
        ("schottische", "4/4", 160),
        ("march", "6/8", 168),
        ("march", "2/4", 112),
        ("quick march", "4/4", 184),
        ("", "6/8", 168),
        ("", "C", 192),
        ("", "2/4", 120),
        ("", "3/4", 138),
        ("", "7/8", 168),
        ("", "5/4", 120),
        ("", "none", 84),
        ("something unheard of", "9/8", 168),
    ],
)
def test_tempo_follows_the_dance_then_the_meter(rhythm, meter, qpm):
    assert default_qpm(rhythm, parse_meter(meter)) == qpm


def test_tempo_of_the_tune_comes_before_that_of_the_dance(make_tune):
    tune = make_tune("C8|", R="reel", Q="1/4=77")
    assert map_tempo(tune, 1.0, 480).changes[0].microseconds == pytest.approx(6e7 / 77, rel=2e-5)


def test_a_tempo_in_a_bar_holds_from_there_and_again_after_a_repeat(make_tune):
    tune = make_tune("AB[Q:1/4=60]cd efga|A4[Q:1/4=240]B4:|", Q="1/4=120")
    tempo = map_tempo(tune, 1.0, 480)
    assert [(change.onset, change.microseconds) for change in tempo.changes] == [
        (0, 500_000), (1, 1_000_000), (6, 250_000), (8, 500_000), (9, 1_000_000), (14, 250_000),
    ]  # fmt: skip
    assert [tempo.seconds(moment) for moment in (1, 2, 4, 8, 9, 16)] == [
        0.5, 1.5, 3.5, 6, 6.5, 12
    ]  # fmt: skip


def test_a_tempo_further_on_is_none_of_the_beginning(make_tune):
    tune = make_tune("A8|[Q:1/4=60]B8|", R="reel")
    assert tune.tempo_qpm is None
    assert [change.onset for change in map_tempo(tune, 1.0, 480).changes] == [0, 4]


def test_every_usual_tempo_is_in_the_file_as_it_is_in_the_map(make_tune, read_file):
    for qpm in range(40, 320):
        tune = make_tune("C8|", Q=f"1/4={qpm}")
        (change,) = map_tempo(tune, 1.0, 480).changes
        ((_, event),) = read_file(to_midi(tune)).events("set_tempo")
        assert event.tempo == change.microseconds == pytest.approx(6e7 / qpm, rel=2e-5)


@pytest.mark.parametrize("tempo", ["1/64=1", "1/1=2000"])
def test_absurd_tempi_stay_within_what_a_file_can_hold(tempo, make_tune):
    (change,) = map_tempo(make_tune("C8|", Q=tempo), 1.0, 480).changes
    assert 59_990 <= change.microseconds <= 15_000_000


def test_seconds_run_on_through_changes_of_tempo(make_tune):
    tempo = map_tempo(make_tune("C8|[Q:1/4=60]D8|E8|", Q="1/4=120"), 1.0, 480)
    assert [tempo.seconds(quarters) for quarters in (0, 2, 4, 6, 12)] == pytest.approx(
        [0.0, 1.0, 2.0, 4.0, 10.0], abs=1e-4
    )
