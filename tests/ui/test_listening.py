import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.audio.arrangement import ACCOMPANIMENTS, INSTRUMENTS
from musicgen.errors import AudioError, ConfigError
from musicgen.rendering.playback_settings import AS_DANCED, DANCED, PlaybackSettings
from musicgen.ui.base import state
from musicgen.ui.tune import permalink
from musicgen.ui.tune.listening import (
    NAMES,
    from_parameters,
    to_parameters,
)

PERCENT = st.integers(0, 150)
LISTENINGS = st.builds(
    lambda transpose, has_chords, **changes: PlaybackSettings(
        AS_DANCED.replace(**changes), transpose, has_chords
    ),
    st.integers(-12, 12),
    st.booleans(),
    instrument=st.sampled_from([*INSTRUMENTS, "99"]),
    tempo_factor=st.floats(0.5, 1.5),
    lilt=st.floats(0, 1.5),
    ornaments=st.booleans(),
    accompaniment=st.sampled_from(ACCOMPANIMENTS),
    drum=st.booleans(),
    melody_volume=PERCENT,
    chord_volume=PERCENT,
    bass_volume=PERCENT,
    drum_volume=PERCENT,
)


@given(LISTENINGS)
def test_an_address_brings_back_how_a_tune_was_heard(listening):
    assert from_parameters(to_parameters(listening)) == listening


def test_what_is_usual_is_not_said():
    assert to_parameters(DANCED) == {}


def test_every_setting_has_a_place_in_the_session_and_its_usual_value():
    assert set(state.SOUND) == set(NAMES)
    values = {name: slot.default for name, slot in state.SOUND.items()}
    reading = {name: values.pop(name) for name in ("transpose", "chords")}
    assert (
        PlaybackSettings(AS_DANCED.replace(**values), reading["transpose"], reading["chords"])
        == DANCED
    )


def test_names_do_not_collide_with_those_of_the_tune():
    assert not set(NAMES) & {"model", *permalink.SAMPLE_NAMES}


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"tempo_factor": "3"}, ConfigError),
        ({"lilt": "nan"}, ConfigError),
        ({"transpose": "40"}, ConfigError),
        ({"accompaniment": "orchestra"}, ConfigError),
        ({"drum": "loud"}, ConfigError),
        ({"instrument": "../../etc/passwd"}, AudioError),
    ],
)
def test_links_that_cannot_be_meant_are_refused(parameters, error):
    with pytest.raises(error):
        from_parameters(parameters)
