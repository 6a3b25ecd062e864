import pytest

from musicgen.audio.arrangement import Arrangement
from musicgen.errors import ProvenanceError
from musicgen.library.provenance import parse_provenance
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.files.embedded_provenance import read_recipes
from musicgen.rendering.files.formats import FORMATS, from_composition
from musicgen.rendering.playback_settings import PlaybackSettings

LOUD = Arrangement(instrument="fiddle", lilt=1.0, accompaniment="guitar", drum_volume=50)


def test_a_tune_as_it_was_composed_says_nothing_of_how_it_sounds(composition):
    assert PlaybackSettings().to_values() == {}
    assert '"heard"' not in composition.provenance(PlaybackSettings().to_values())
    assert parse_provenance(composition.provenance()).playback == {}


@pytest.mark.parametrize(
    "playback",
    [
        PlaybackSettings(),
        PlaybackSettings(LOUD, -3, True),
        PlaybackSettings(transpose=5),
        PlaybackSettings(clef="bass", octave=-2),
    ],
)
def test_how_it_was_heard_comes_back(playback, composition):
    recipe = parse_provenance(composition.provenance(playback.to_values()))
    assert PlaybackSettings.from_values(recipe.playback) == playback
    assert recipe.config == parse_provenance(composition.provenance()).config


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_file_brings_key_and_players_back(name, composition, tmp_path):
    playback = PlaybackSettings(LOUD, 2, has_chords=True)
    piece = from_composition(composition, playback=playback)
    path = tmp_path / f"tune.{FORMATS[name].suffix}"
    path.write_bytes(piece.make(name))
    (recipe,) = read_recipes(path)
    assert PlaybackSettings.from_values(recipe.playback) == playback
    assert read_tune(piece.abc)[0].key.text.startswith("E")


@pytest.mark.parametrize(
    "values",
    [
        {"instrument": "kazoo"},
        {"lilt": 99.0},
        {"volume": 3},
        {"transpose": 25},
        {"transpose": "up"},
        {"chords": 1},
        {"clef": "rake"},
        {"clef": 4},
        {"octave": 3},
        {"octave": True},
        {"instrument": ["fiddle"]},
    ],
)
def test_what_is_not_possible_is_a_sentence(values):
    with pytest.raises(ProvenanceError, match="not possible"):
        PlaybackSettings.from_values(values)
