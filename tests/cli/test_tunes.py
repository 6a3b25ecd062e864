"""What can be done with a composed tune in the terminal: heard, changed, kept, put in a row."""

import io
import json
import string
from pathlib import Path

import mido
import pytest
import soundfile

from musicgen.__main__ import main
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.library.favourites import FavouriteStore
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.notation.display.note_names import name_note
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import read_tunebook
from musicgen.rendering.files.embedded_provenance import read_recipes
from musicgen.rendering.files.formats import from_composition
from musicgen.rendering.playback_settings import AS_DANCED, PlaybackSettings
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.tune_sets import compose_number
from musicgen.ui.tune import rendering
from musicgen.ui.tune.request import Request
from tests.examples import make_tune, write_checkpoint

ASKED = {"key": "D major", "meter": "4/4", "sections": 1, "bars": 4}
OPTIONS = [part for name, value in ASKED.items() for part in (f"--{name}", str(value))]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    characters = "".join(sorted({*string.printable[:95], "\n"} - {*"^_="}))
    write_checkpoint(tmp_path / "runs" / "small" / "best", Vocabulary.from_text(characters))
    return tmp_path


def draw(seed: int = 3) -> Composition:
    ref = find_checkpoint("small", Paths.default())
    return compose(load_checkpoint(ref.path), SampleConfig(seed=seed, **ASKED))[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def write(home: Path, capsys: pytest.CaptureFixture[str], *options: str) -> Path:
    out = home / "made"
    assert run(capsys, "compose", "--checkpoint", "small", "--seed", "3", *OPTIONS, "--out",
               str(out), *options)[0] == 0  # fmt: skip
    return out


def test_one_seed_sounds_the_same_on_the_page_and_in_the_terminal(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = write(home, capsys, "--formats", "abc,midi,wav")
    tune = draw()
    shown = rendering.perform(Request("small", tune.config), tune, PlaybackSettings(AS_DANCED))
    assert shown.sound is not None
    assert (out / "small-3.wav").read_bytes() == shown.sound.wav
    assert (out / "small-3.mid").read_bytes() == shown.sound.midi
    assert (out / "small-3.abc").read_bytes() == shown.abc.encode()
    piece = from_composition(tune, playback=PlaybackSettings(AS_DANCED))
    assert piece.make("midi") == shown.sound.midi


def test_a_file_of_before_keeps_its_own_sound(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files say only what is not as written: those that say nothing were played as written."""
    source = home / "old.mid"
    source.write_bytes(from_composition(draw()).make("midi"))
    again = home / "again"
    command = ["compose", "--from", str(source), "--formats", "midi", "--out"]
    assert run(capsys, *command, str(again))[0] == 0
    assert (again / "small-3.mid").read_bytes() == source.read_bytes()
    assert run(capsys, *command, str(home / "slow"), "--tempo", "0.5")[0] == 0
    slow, usual = (mido.MidiFile(one / "small-3.mid").length for one in (home / "slow", again))
    assert slow == pytest.approx(2 * usual, rel=0.05)


def test_what_is_asked_of_a_file_changes_that_alone(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = write(home, capsys, "--formats", "midi", "--instrument", "fiddle", "--transpose", "2")
    other = home / "other"
    source = str(out / "small-3.mid")
    assert run(capsys, "compose", "--from", source, "--drum", "--formats", "midi", "--out",
               str(other))[0] == 0  # fmt: skip
    (recipe,) = read_recipes(other / "small-3.mid")
    assert recipe.playback == {
        "instrument": "fiddle", "drum": True, "transpose": 2, "lilt": 1.0, "ornaments": True
    }  # fmt: skip


def test_render_moves_the_tunes_of_a_book_with_its_header(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "book.abc").write_text("M:3/4\nL:1/4\n\nX:5\nT:Mine\nC:Me\nK:D\nDFA|d2z|]\n")
    out = home / "moved"
    assert run(capsys, "render", str(home / "book.abc"), "--transpose", "5", "--chords",
               "--formats", "abc,midi", "--out", str(out))[0] == 0  # fmt: skip
    tune, problems = read_tune((out / "5.abc").read_text())
    assert problems == ()
    assert tune.key.tonic == "G"
    assert [note.pitch for note in tune.performance] == [67, 71, 74, 79]
    assert ("C", "Me") in tune.fields
    assert '"' in tune.text


def test_notes_are_named_and_checked_and_others_are_offered(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(write(home, capsys, "--formats", "abc") / "small-3.abc")
    status, out, _ = run(capsys, "notes", source, "--range", "fiddle", "--json")
    assert status == 0
    found, tune = json.loads(out), draw().tune
    assert [row["name"] for row in found["notes"]] == [
        name_note(tune, note) or "rest" for note in tune.notes
    ]
    outside = notes_outside(tune, "fiddle")
    assert [at for at, row in enumerate(found["notes"]) if row["outside"]] == list(outside)
    assert found["outside"] == len(outside)
    place = next(one for row in found["notes"] for one in row["alternatives"])
    character = next(iter(place["others"]))
    command = ["take", source, "--at", str(place["at"]), "--character", character,
               "--formats", "abc", "--out", str(home / "taken")]  # fmt: skip
    assert run(capsys, *command)[0] == 0
    (path,) = (home / "taken").iterdir()
    assert path.name == "small-3-change-1.abc"
    (recipe,) = read_recipes(path)
    assert recipe.edits[0].offset == place["at"]
    status, _, err = run(capsys, *command)
    assert (status, "already" in err) == (2, True)


def test_a_file_of_one_s_own_has_its_notes_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "own.abc").write_text(make_tune(1) + "\n\n" + make_tune(2) + "\n")
    status, out, _ = run(capsys, "notes", str(home / "own.abc"), "--number", "2", "--json")
    assert status == 0
    assert json.loads(out)["title"] == "Tune 2"
    assert "bits" not in json.loads(out)["notes"][0]


def test_bars_are_rewritten_as_they_were_offered(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(write(home, capsys, "--formats", "abc") / "small-3.abc")
    command = ["rewrite", source, "--bars", "2-3", "--seed", "5"]
    status, out, _ = run(capsys, *command, "--json")
    assert status == 0
    way = json.loads(out)["ways"][-1]
    assert run(capsys, *command, "--choice", str(way["choice"]), "--formats", "abc", "--out",
               str(home / "new"))[0] == 0  # fmt: skip
    (path,) = (home / "new").iterdir()
    text = path.read_text()
    assert all(bar.strip() in text for bar in way["bars"])
    assert "musicgen checkpoint=small" in text
    assert run(capsys, "rewrite", str(path), "--bars", "1")[0] == 0  # and again from there


def test_bars_of_a_tune_that_no_model_composed_are_rewritten(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = home / "own.abc"
    own.write_text(f"{make_tune(1)}\n\n{make_tune(2)}\n")
    command = ["rewrite", str(own), "--number", "2", "--bars", "2-3"]
    status, out, _ = run(capsys, *command, "--json")
    assert status == 0
    way = json.loads(out)["ways"][0]
    folder = home / "new"
    command += ["--choice", str(way["choice"]), "--formats", "abc,midi", "--out", str(folder)]
    assert run(capsys, *command)[0] == 0
    text, midi = sorted(folder.iterdir())
    assert midi.suffix == ".mid" and text.name.startswith("Tune-2-bars-2-3-0-")
    changed, before = (read_tune(one)[0] for one in (text.read_text(), make_tune(2)))
    bars = [
        [tune.text[bar.start : bar.end].strip(" |\n") for bar in tune.bars]
        for tune in (changed, before)
    ]
    assert bars[0] != bars[1] and bars[0][0] == bars[1][0] and bars[0][3:] == bars[1][3:]
    assert "already" in run(capsys, *command)[2]
    assert "no way with the number" in run(capsys, *command[:-6], "--choice", "999")[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rewrite", "{own}", "--bars", "1", "--number", "2"], "there is no tune 2"),
        (["rewrite", "{own}", "--bars", "90"], "are not among them"),
        (["rewrite", "{file}", "--bars", "x"], "--bars takes"),
        (["rewrite", "{file}", "--bars", "90-91"], "are not among them"),
        (["rewrite", "{file}", "--bars", "3-2"], "are not among them"),
        (["rewrite", "{file}", "--bars", "1", "--choice", "900"], "does not fit"),
        (["rewrite", "{file}", "--bars", "1", "--number", "2"], "there is no tune 2"),
        (["rewrite", "nowhere.abc", "--bars", "1"], "cannot be read"),
        (["take", "{file}", "--at", "9", "--character", "ab"], "takes one character"),
        (["take", "{file}", "--at", "99999", "--character", "A"], "does not fit"),
        (["take", "{file}", "--at", "3", "--character", "\u6f22"], "never saw"),
        (["notes", "nowhere.abc"], "cannot be read"),
        (["notes", "{file}", "--range", "tuba"], "tuba"),
        (["ladder", "--checkpoint", "small", "--temperature", "9"], "temperature"),
        (["ladder", "--checkpoint", "nobody"], "no checkpoint named"),
        (["set", "--checkpoint", "small", "--style", "tangos"], "tangos"),
        (["set", "--checkpoint", "small", "--formats", "pdf"], "'pdf' is not a format"),
        (["favourites", "remove", "abc", "--yes"], "no favourite"),
        (["favourites", "export"], "no favourites yet"),
        (["favourites", "add", "{own}"], "does not say how it was made"),
        (["sweeps", "show", "nothing"], "no sweep named"),
        (["sweeps", "resume", "../x"], "cannot name a run"),
        (["sweeps", "delete", "nothing", "--yes"], "no sweep named"),
        (["sweeps", "start", "--batch-size", "many"], "batch_size"),
        (["sweeps", "start", "--learning-rate", "9"], "learning_rate"),
        (["sweeps", "start", "--steps", "0"], "max_steps"),
        (["sweeps", "start", "--set", "hidden_size"], "KEY=VALUE"),
        (["compose", "--checkpoint", "small", "--begin", "nowhere.mid"], "cannot be read"),
        (["compose", "--checkpoint", "small", "--begin", "{own}", "--prompt", "A"], "leave out"),
        (["compose", "--checkpoint", "small", "--tempo", "9"], "tempo_factor"),
        (["compose", "--checkpoint", "small", "--transpose", "99"], "99"),
        (["compose", "--checkpoint", "small", "--drum-volume", "900"], "drum_volume"),
    ],
)
def test_bad_input_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    file = write(home, capsys, "--formats", "abc") / "small-3.abc"
    (home / "own.abc").write_text(make_tune(1) + "\n")
    values = {"file": str(file), "own": str(home / "own.abc")}
    status, out, err = run(capsys, *(part.format(**values) for part in arguments))
    assert status == 2
    assert words in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_a_ladder_is_the_same_seed_at_each_temperature(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = home / "ladder"
    status, text, _ = run(
        capsys, "ladder", "--checkpoint", "small", "--seed", "3", "--temperature", "0.5",
        "--temperature", "0.85", *OPTIONS, "--formats", "abc", "--out", str(out), "--json",
    )  # fmt: skip
    assert status == 0
    assert [row["temperature"] for row in json.loads(text)["tunes"]] == [0.5, 0.85]
    assert sorted(path.name for path in out.iterdir()) == ["small-3-t0.5.abc", "small-3-t0.85.abc"]
    usual = from_composition(draw(), playback=PlaybackSettings(AS_DANCED)).make("abc")
    assert (out / "small-3-t0.85.abc").read_bytes() == usual


def test_a_set_is_one_file_with_all_its_tunes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = home / "set"
    status, text, _ = run(
        capsys, "set", "--checkpoint", "small", "--style", "reels", "--seed", "7", "--count", "2",
        "--formats", "abc,midi,wav", "--out", str(out), "--json",
    )  # fmt: skip
    assert status == 0
    assert len(json.loads(text)["tunes"]) == 2
    checkpoint = load_checkpoint(find_checkpoint("small", Paths.default()).path)
    tunes = [
        compose_number(checkpoint, number, "reels", 7, SampleConfig(seed=7)) for number in (0, 1)
    ]
    read = [tune for tune, _ in read_tunebook((out / "small-set-7.abc").read_text())]
    assert [tune.reference for tune in read] == ["1", "2"]
    assert [[note.pitches for note in tune.notes] for tune in read] == [
        [note.pitches for note in tune.tune.notes] for tune in tunes
    ]
    pieces = [from_composition(tune, playback=PlaybackSettings(AS_DANCED)) for tune in tunes]
    lengths = [mido.MidiFile(file=io.BytesIO(piece.make("midi"))).length for piece in pieces]
    whole = mido.MidiFile(out / "small-set-7.mid")
    assert whole.length == pytest.approx(sum(lengths), rel=0.05)
    counts = [
        sum(message.type == "note_on" for message in mido.MidiFile(file=io.BytesIO(data)))
        for data in (piece.make("midi") for piece in pieces)
    ]
    assert sum(message.type == "note_on" for message in whole) == sum(counts)
    samples, rate = soundfile.read(out / "small-set-7.wav")
    assert len(samples) / rate == pytest.approx(sum(lengths), abs=6)
    assert abs(samples).max() <= 0.9
    recipes = read_recipes(out / "small-set-7.abc")
    assert [recipe.config.seed for recipe in recipes] == [tune.seed for tune in tunes]


def test_favourites_are_those_of_the_page(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no favourites yet" in run(capsys, "favourites", "list")[1]
    source = str(write(home, capsys, "--formats", "midi") / "small-3.mid")
    assert run(capsys, "favourites", "add", source, "--name", "For Sunday")[0] == 0
    (kept,) = FavouriteStore(Paths.default().favourites).list()
    tune = draw()
    assert (kept.name, kept.composition.abc) == ("For Sunday", tune.abc)
    row = json.loads(run(capsys, "favourites", "list", "--json")[1])[0]
    assert (row["key"], row["seed"]) == (kept.key, 3)
    assert run(capsys, "favourites", "rename", kept.key[:6], "For Monday")[0] == 0
    out = home / "exported"
    assert run(capsys, "favourites", "export", "--formats", "abc", "--out", str(out))[0] == 0
    assert [path.name for path in out.iterdir()] == ["For-Monday.abc"]
    assert run(capsys, "favourites", "export", "--formats", "abc", "--out", str(out))[0] == 2
    assert run(capsys, "favourites", "remove", kept.key, "--yes")[0] == 0
    assert FavouriteStore(Paths.default().favourites).list() == []


def test_a_beginning_is_taken_from_a_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "own.abc").write_text(make_tune(1) + "\n")
    assert run(capsys, "compose", "--checkpoint", "small", "--begin", str(home / "own.abc"),
               "--begin-bars", "2", "--formats", "abc",
               "--out", str(home / "made"))[0] == 0  # fmt: skip
    music = make_tune(1).split("K:D Major\n")[1]
    first = music.split("|")[0]
    (made,) = (home / "made").glob("*-small-0.abc")
    assert made.name.startswith("Tune-1-")
    assert first in made.read_text()
