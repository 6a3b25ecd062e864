"""What the server loads before anybody asks for a tune."""

from musicgen.config import Paths
from musicgen.models.checkpoint import WEIGHTS_FILE
from musicgen.ui.frame import warming


def test_a_short_tune_goes_the_whole_way(home):
    assert warming.load(home)


def test_a_model_that_is_damaged_stops_nothing(home):
    for path in home.checkpoints.glob(f"*/{WEIGHTS_FILE}"):
        path.write_bytes(b"nothing")
    assert not warming.load(home)


def test_where_no_model_is_nothing_is_loaded(tmp_path):
    assert not warming.load(Paths(tmp_path, tmp_path))


def test_it_can_be_turned_off(monkeypatch):
    monkeypatch.setenv(warming.SWITCH, "0")
    assert warming.warm_up() is None
