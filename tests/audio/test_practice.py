"""Practising: beats are where they belong, measured in the sound; passes get faster; answers."""

import numpy as np
import pytest

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.metronome import CLICK_S
from musicgen.audio.practice import (
    PracticeSettings,
    beats_per_minute,
    plan_practice,
    render_practice,
)
from musicgen.errors import AudioError
from musicgen.notation.parsing.reader import read_tune

JIG = read_tune("X:1\nR:jig\nM:6/8\nL:1/8\nQ:3/8=112\nK:D\nA|DFA dAF|GBd gdB|AFA d2A|d3 d2|]\n")[0]
REEL = read_tune("X:1\nR:reel\nM:4/4\nL:1/8\nQ:1/2=96\nK:G\nGABc d2B2|G4 G4|D8|G8|]\n")[0]
WALTZ = read_tune("X:1\nR:waltz\nM:3/4\nL:1/4\nQ:1/4=138\nK:A\nABc|d2e|a3|A3|]\n")[0]

WITHIN_S = 0.010


def hear(waveform: np.ndarray, rate: int, least: float = 0.05) -> np.ndarray:
    """When it gets loud after silence, in seconds."""
    loud = np.abs(waveform).max(axis=0) > least
    starts = np.flatnonzero(loud)
    first = np.diff(starts, prepend=-rate) > CLICK_S * rate
    return starts[first] / rate


@pytest.mark.parametrize("bpm", [60, 112, 176])
@pytest.mark.parametrize(
    ("tune", "beats_in_a_bar", "counted", "beats"),
    [(JIG, 2, 2, 8), (REEL, 4, 4, 16), (WALTZ, 3, 3, 12)],
)
def test_count_in_and_metronome_are_on_the_beat_in_the_sound(
    tune, beats_in_a_bar, counted, beats, bpm
):
    settings = PracticeSettings(bpm=bpm, times=2, has_melody=False)
    practice = plan_practice(tune, settings)
    heard = hear(render_practice(practice).waveform, 44_100)
    expected = np.arange(counted + 2 * beats) * 60 / bpm
    assert heard.size == expected.size
    assert np.abs(heard - expected).max() < WITHIN_S
    ranks = [click.rank for click in practice.clicks]
    assert all((rank == 0) == (n % beats_in_a_bar == 0) for n, rank in enumerate(ranks))


@pytest.mark.parametrize("bpm", [60, 112, 176])
def test_the_notes_are_on_the_beats_of_the_metronome(bpm):
    settings = PracticeSettings(bpm=bpm, times=3, has_metronome=False, count_in=2)
    practice = plan_practice(WALTZ, settings)
    counted = [click.at_s for click in practice.clicks]
    assert counted == pytest.approx(np.arange(6) * 60 / bpm, abs=1e-3)
    beats = [6 + 12 * time + beat for time in range(3) for beat in (0, 1, 2, 3, 5, 6, 9)]
    onsets = [note.start for note in practice.midi.instruments[0].notes]
    assert onsets == pytest.approx(np.array(beats) * 60 / bpm, abs=2e-3)
    assert [onset for _start, onset, _length in practice.moments] == pytest.approx(
        np.array(beats) * 60 / bpm, abs=2e-3
    )


def test_a_pickup_is_the_end_of_the_bar_that_is_counted():
    practice = plan_practice(JIG, PracticeSettings(bpm=120, times=1))
    first = practice.midi.instruments[0].notes[0]
    assert first.start == pytest.approx(5 / 6, abs=2e-3)  # the last of six quavers of a second
    assert [click.at_s for click in practice.clicks[:4]] == pytest.approx(
        [0, 0.5, 1, 1.5], abs=2e-3
    )


def test_each_pass_is_faster_up_to_the_speed_that_was_asked_for():
    practice = plan_practice(REEL, PracticeSettings(bpm=160, times=5, start_percent=60))
    assert [one.bpm for one in practice.passes] == pytest.approx([96, 112, 128, 144, 160])
    lengths = [one.end_s - one.begin_s for one in practice.passes]
    assert lengths == pytest.approx([16 * 60 / one.bpm for one in practice.passes], rel=1e-3)
    assert [after.begin_s for after in practice.passes[1:]] == [
        before.end_s for before in practice.passes[:-1]
    ]


def test_after_two_bars_two_are_silent_but_for_the_metronome():
    settings = PracticeSettings(bpm=120, times=1, answer_bars=2, count_in=0)
    practice = plan_practice(REEL, settings)
    bars = sorted({int(note.start // 2) for note in practice.midi.instruments[0].notes})
    assert bars == [0, 1, 4, 5]
    assert max(note.end for note in practice.midi.instruments[0].notes) <= 12.01
    assert len(practice.clicks) == 8 * 4 and practice.duration_s == pytest.approx(16, abs=0.01)
    answers = [moment for stretch in practice.answers for moment in stretch]
    assert answers == pytest.approx([4, 8, 12, 16], abs=0.01)
    assert not plan_practice(REEL, settings.replace(answer_bars=0)).answers
    quiet = plan_practice(REEL, settings.replace(has_metronome=False))
    sound = render_practice(quiet).waveform
    assert np.abs(sound[:, int(7.9 * 44_100) : int(7.99 * 44_100)]).max() < 0.01
    assert np.abs(sound[:, int(8.1 * 44_100) : int(8.3 * 44_100)]).max() > 0.05


def test_without_the_melody_those_who_play_along_go_on():
    band = Arrangement(accompaniment="guitar", drum=True)
    practice = plan_practice(REEL, PracticeSettings(has_melody=False), band)
    melody, *others = practice.midi.instruments
    assert not melody.notes and len(others) == 3 and all(one.notes for one in others)


def test_some_bars_are_played_the_first_time_they_come_by():
    practice = plan_practice(JIG, PracticeSettings(first_bar=2, last_bar=3, times=2, count_in=0))
    starts = [start for start, _onset, _length in practice.moments]
    inside = [note.start for bar in JIG.bars[1:3] for note in bar.notes]
    assert starts == inside * 2


def test_a_drone_sounds_all_the_time_on_the_tonic():
    practice = plan_practice(REEL, PracticeSettings(times=1, has_drone=True, has_melody=False,
                                                    has_metronome=False, count_in=0))  # fmt: skip
    sound = render_practice(practice).waveform[0, 44_100 : 3 * 44_100]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))
    loudest = spectrum.argmax() * 44_100 / sound.size
    assert loudest == pytest.approx(196.0, abs=1)  # G3
    assert practice.drone == 55


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (PracticeSettings(bpm=20), "beats a minute"),
        (PracticeSettings(first_bar=90), "nothing to practise"),
        (PracticeSettings(first_bar=3, last_bar=2), "nothing to practise"),
    ],
)
def test_what_is_not_possible_is_a_sentence(settings, sentence):
    with pytest.raises(AudioError, match=sentence):
        plan_practice(REEL, settings)


def test_hours_of_practice_are_a_sentence():
    long = read_tune("X:1\nM:4/4\nL:1/1\nQ:1/4=30\nK:C\n" + "C|" * 64 + "\n")[0]
    with pytest.raises(AudioError, match="minutes"):
        plan_practice(long, PracticeSettings(times=20))


def test_beats_are_those_of_the_meter():
    assert beats_per_minute(JIG) == 112
    assert beats_per_minute(REEL) == 192
    assert beats_per_minute(WALTZ) == 138
