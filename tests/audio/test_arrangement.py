import pretty_midi
import pytest

from musicgen.audio.arrangement import INSTRUMENTS, Arrangement, find_program
from musicgen.config import describe
from musicgen.errors import AudioError, ConfigError


@pytest.mark.parametrize(
    ("name", "program"),
    [("fiddle", 110), (" Flute ", 73), ("0", 0), ("127", 127), ("acoustic grand piano", 0)],
)
def test_instruments_are_found_by_name_and_number(name, program):
    assert find_program(name) == program


def test_standard_names_are_the_programs_that_pretty_midi_takes_them_for():
    names = {pretty_midi.program_to_instrument_name(program): program for program in range(128)}
    assert names.pop("Whistle") == 78  # in a tune's arrangement a whistle is a tin whistle
    assert {name: find_program(name) for name in names} == names


def test_every_short_name_makes_an_arrangement():
    for name, program in INSTRUMENTS.items():
        assert Arrangement(instrument=name).program == program


@pytest.mark.parametrize("name", ["kazoo", "128", "-1", "", "٣"])
def test_unknown_instrument_lists_those_there_are(name):
    with pytest.raises(AudioError, match="flute, whistle, fiddle"):
        Arrangement(instrument=name)


@pytest.mark.parametrize(
    "change", [{"tempo_factor": 0.0}, {"transpose": 99}, {"velocity": 0}, {"tempo_factor": "1"}]
)
def test_settings_out_of_bounds_are_refused(change):
    with pytest.raises(ConfigError):
        Arrangement(**change)


def test_forms_can_read_every_setting():
    assert all(info.help for info in describe(Arrangement))
