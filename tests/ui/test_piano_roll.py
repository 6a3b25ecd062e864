from musicgen.audio.midi import timeline
from musicgen.notation.parsing.reader import read_tune
from musicgen.ui.components.piano_roll import roll_data

TUNE = "X:1\nM:2/4\nL:1/4\nQ:1/4=60\nK:D\n|:F[FA]:|z f|]\n"


def test_each_pitch_that_sounds_is_a_bar_at_its_time_repeats_and_chords_too():
    tune, _problems = read_tune(TUNE)
    data = roll_data(tune, timeline(tune), [1.0, 2.0, 3.0, 4.0])
    rows = list(zip(data["onsets_s"], data["pitches"], data["names"], data["bits"], strict=True))
    assert rows == [
        (0.0, 66, "F♯", 1.0),
        (1.0, 66, "F♯A", 2.0),
        (1.0, 69, "F♯A", 2.0),
        (2.0, 66, "F♯", 1.0),
        (3.0, 66, "F♯A", 2.0),
        (3.0, 69, "F♯A", 2.0),
        (5.0, 78, "F♯", 4.0),
    ]
    assert list(zip(data["ticks"], data["tick_names"], strict=True)) == [
        (66, "F♯4"), (69, "A4"), (78, "F♯5"),
    ]  # fmt: skip
    assert all(0.9 < duration < 1 for duration in data["durations_s"])


def test_without_surprise_there_is_one_colour():
    tune, _problems = read_tune(TUNE)
    assert roll_data(tune, timeline(tune), None)["bits"] is None
