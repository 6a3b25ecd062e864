"""Sets without gaps, files that bear titles, a page for friends, and the whole book as PDF."""

import io
import json
import re
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pypdf
import pytest
import soundfile
import zxingcpp

from musicgen.audio.midi import timeline
from musicgen.audio.synthesis import synthesize
from musicgen.config import Paths
from musicgen.engraving import engraver
from musicgen.engraving.engraver import missing_part
from musicgen.engraving.pages import TuneNames
from musicgen.errors import AudioError, TunebookError
from musicgen.library.book_tune import BookSet, SetTune, make_tune
from musicgen.library.tunebook import Tunebook
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import read_tunebook
from musicgen.rendering.files.book_files import (
    PlayedSet,
    export_tune,
    pick_tunes,
    play_set,
    tunes_of_set,
)
from musicgen.rendering.files.book_pdf import BookChoice, BookSettings, short_abc, write_book
from musicgen.rendering.files.friends_page import write_friends_page
from musicgen.rendering.playback_settings import PlaybackSettings
from tests.engraving.test_book import read_codes

PLAIN = PlaybackSettings()
PATHS = Paths.default()
EVIL = "</script><script>alert(1)</script><!-- &\u2028"
TEXTS = (
    f"X:1\nT:The Kettle {EVIL}\nR:jig\nM:6/8\nL:1/8\nQ:3/8=120\nK:D\n|:DFA dAF|GBd gdB:|\n",
    "X:2\nT:The Pot\nR:reel\nM:4/4\nL:1/8\nQ:1/4=180\nK:G\n|:D2|G2Bd g2dB|AGFE D4|G4 G2:|\n",
    "X:3\nT:Ännchen 茉莉花\nR:waltz\nM:3/4\nL:1/4\nQ:1/4=150\nK:Am\nABc|d2e|a3|A3|]\n",
)

needs_abcjs = pytest.mark.skipif(
    missing_part(PATHS) is not None, reason="abcjs is not here. Fetch it with: make setup"
)


@pytest.fixture
def book(tmp_path: Path) -> Tunebook:
    found = Tunebook(tmp_path / "tunebook.sqlite")
    keys = found.add(map(make_tune, TEXTS))
    found.put_set(BookSet("Friday: Jig & Reel", tuple(SetTune(key, 2) for key in keys)))
    return found


@pytest.fixture
def played(book: Tunebook) -> PlayedSet:
    return play_set(book, book.sets()[0], PLAIN, PATHS)


def test_files_of_a_set_bear_its_name_and_each_tune_stands_there_once(played: PlayedSet) -> None:
    assert played.stem == "Friday-Jig-Reel"
    assert len(played.pieces) == 6
    tunes = read_tunebook(played.make("abc").decode())
    assert [tune.title[:7] for tune, _ in tunes] == ["The Ket", "The Pot", "Ännchen"]


def test_a_set_is_played_without_a_gap_in_midi(played: PlayedSet) -> None:
    notes: list[tuple[float, float]] = []
    now, begun = 0.0, {}
    for message in mido.MidiFile(file=io.BytesIO(played.make("midi"))):
        now += message.time
        if message.type == "note_on" and message.velocity:
            begun[message.note] = now
        elif message.type in ("note_on", "note_off"):
            notes.append((begun.pop(message.note), now))
    notes.sort()
    gaps = [after[0] - before[1] for before, after in pairwise(notes)]
    assert len(notes) == 2 * (2 * 12 + 2 * 14 + 7)
    assert max(gaps) <= 0.05  # no more than between two notes of one pitch
    starts = [onset for onset, _end in notes]
    for expected in played.starts_s:
        assert min(abs(onset - expected) for onset in starts) < 0.002


def test_a_set_has_moments_for_the_score_of_each_of_its_tunes(played: PlayedSet) -> None:
    first, second, _third = played.sheets
    once = timeline(second.tune, second.arrangement)
    begin, again = played.starts_s[2:4]
    moments = played.moments(second)
    assert [start for start, _onset, _length in moments] == 2 * [*[one[0] for one in once], -1]
    assert moments[0][1] == pytest.approx(begin + once[0][1])
    assert moments[len(once)][1] == pytest.approx(again)  # over, and begun again at once
    assert moments[-1][1] == pytest.approx(played.starts_s[4])
    onsets = [onset for _start, onset, _length in moments]
    assert onsets == sorted(onsets)
    assert played.moments(first)[0][1] < begin


def test_the_sound_of_a_set_has_each_tune_where_the_one_before_ends(played: PlayedSet) -> None:
    samples, rate = soundfile.read(io.BytesIO(played.make("wav")), dtype="float32")
    assert abs(samples.shape[0] / rate - played.duration_s - 2.0) < 0.05
    whole = np.zeros(samples.shape[0], np.float64)
    for piece, start_s in zip(played.pieces, played.starts_s, strict=True):
        sound = synthesize(piece._midi).waveform.mean(axis=0)
        at = round(start_s * rate)
        whole[at : at + sound.size] += sound[: whole.size - at]
    mono = samples.mean(axis=1)
    assert np.corrcoef(mono, whole)[0, 1] > 0.95


def test_a_set_of_hours_is_a_sentence(book: Tunebook) -> None:
    keys = [tune.key for tune in book.tunes()]
    book.put_set(BookSet("long", tuple(SetTune(key, 9) for key in keys * 10)))
    with pytest.raises(AudioError, match="Repeat its tunes less often"):
        play_set(book, book.get_set("long"), PLAIN, PATHS).make("wav")


def test_a_tune_of_a_set_is_written_in_its_key(book: Tunebook) -> None:
    pot = book.find("The Pot")
    piece = export_tune(pot, PLAIN, PATHS, 2)
    assert (piece.stem, piece.tune.key.tonic) == ("The-Pot", "A")
    assert pick_tunes(book, ["The Pot", "the pot"]) == [pot]
    assert len(pick_tunes(book, [])) == 3


def test_the_least_of_a_tune_sounds_the_same() -> None:
    for text in TEXTS:
        tune, again = make_tune(text).tune, read_tune(short_abc(make_tune(text).tune))[0]
        assert [note.pitch for note in again.performance] == [
            note.pitch for note in tune.performance
        ]


@needs_abcjs
def test_a_whole_book_is_printed_with_codes_that_hold_its_tunes(book: Tunebook) -> None:
    tunes = BookChoice("title").pick(book.tunes())
    printed = write_book(tunes, book.sets(), BookSettings(layout="both"), PATHS)
    assert printed.missing == ()
    reader = pypdf.PdfReader(io.BytesIO(printed.data))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "Friday: Jig & Reel" in text and "A minor" in text and "Beginnings" in text
    codes = read_codes(printed.data, 5.0)
    assert [read_tune(code)[0].title for code in codes] == [tune.title for tune in tunes]
    by_rhythm = BookChoice("rhythm", (tunes[0].key, tunes[1].key)).pick(book.tunes())
    assert len(by_rhythm) == 2 and zxingcpp.__name__


@pytest.mark.skipif(
    missing_part(PATHS, is_numbered=True) is not None,
    reason="abc2svg is not here. Fetch it with: make setup",
)
def test_a_book_is_printed_in_numbered_notation(book: Tunebook) -> None:
    settings = BookSettings(layout="both", notation="jianpu", fingering="numbers")
    printed = write_book(book.tunes(), (), settings, PATHS)
    assert printed.missing == ()
    text = "\n".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(printed.data)).pages
    )
    assert text.count("1=D 6/8") == 2 and "1=G 4/4" in text and "1=C 3/4" in text


@needs_abcjs
def test_a_beginning_has_the_chord_of_its_first_note(book: Tunebook) -> None:
    text = 'X:1\nT:Kesh\nM:6/8\nL:1/8\nK:G\n"G"G3 GAB|"D"A3 ABd|"Am"edd gdd|"C"edB dBA|]\n'
    settings = BookSettings(layout="incipits", code="none")
    data = write_book([make_tune(text)], (), settings, PATHS).data
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    words = next(text for page in pages if "Beginnings" in (text := page.extract_text())).split()
    assert "G" in words and "D" in words and "Am" not in words


@needs_abcjs
def test_a_tune_that_cannot_be_drawn_costs_no_other_its_music(
    book: Tunebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engraver, "MAX_CHARACTERS", 200)
    book.add([make_tune("X:4\nT:Huge\nL:1/8\nK:C\n" + "CDEF|" * 40 + "\n")])
    tunes = BookChoice("added").pick(book.tunes())
    settings = BookSettings(code="link", address="http://10.0.0.2:8501/")
    printed = write_book(tunes, (), settings, PATHS)
    ((title, reason),) = printed.missing
    assert title == "Huge" and "split it up" in str(reason)


@needs_abcjs
def test_dances_and_keys_are_named_in_the_language_of_the_reader(book: Tunebook) -> None:
    names = TuneNames({"jig": "吉格舞曲"}.get, lambda key: key.replace("major", "大调"))  # type: ignore[arg-type]
    jig = next(tune for tune in book.tunes() if tune.rhythm == "jig")
    wanted = [BookSet("Friday", (SetTune(jig.key, 2, 5),))]
    data = write_book([jig], wanted, BookSettings(), PATHS, None, names).data
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    words = "".join(text.split())  # the letters come in pieces, Latin and Chinese ones
    assert "吉格舞曲·6/8·D大调" in words and "(+5:G大" in words
    assert "jig" not in words and "major" not in words
    page = write_friends_page("x", [jig], wanted, PATHS, names=names)
    found = re.search(r'id="book">(.*?)</script>', page, re.DOTALL)
    assert found
    told = json.loads(found[1])
    assert told["tunes"][0]["facts"] == "吉格舞曲 · 6/8 · D 大调"
    assert told["sets"][0]["parts"][0][1] == " ×2 (G 大调)"


def test_nothing_and_links_to_nowhere_are_sentences(book: Tunebook) -> None:
    with pytest.raises(TunebookError, match="no tune was chosen"):
        write_book([], [], BookSettings(), PATHS)
    with pytest.raises(TunebookError, match="address"):
        write_book(book.tunes(), [], BookSettings(code="link"), PATHS)
    with pytest.raises(TunebookError, match="no tune was chosen"):
        write_friends_page("x", [], [], PATHS)


@needs_abcjs
def test_sets_say_in_which_key_they_are_played(book: Tunebook) -> None:
    keys = {tune.title.split()[-1][:3]: tune.key for tune in book.tunes()}
    wanted = BookSet("Moved", (SetTune(keys["Pot"], 2, 2), SetTune(keys["Pot"], 1, -2)))
    page = write_friends_page("x", book.tunes(), [wanted], PATHS)
    found = re.search(r'"parts":(\[\[.*?\]\])', page)
    assert found and [part[1:] for part in json.loads(found[1])] == [
        [" ×2 (A major)", 2], [" (F major)", -2],
    ]  # fmt: skip
    tunes = tunes_of_set(book, wanted)
    assert [tune.music_key for tune in tunes] == ["A major", "F major"]
    assert [tune.note for tune in tunes] == ["×2", ""]
    printed = write_book(book.tunes(), [wanted], BookSettings(code="none"), PATHS)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(printed.data)).pages)
    assert "The Pot ×2 (+2: A major)" in text and "The Pot (-2: F major)" in text
    alone = write_book(tunes, (), BookSettings("Moved", code="none", is_set=True), PATHS)
    reader = pypdf.PdfReader(io.BytesIO(alone.data))
    assert len(reader.pages) == 1 and "×2" in reader.pages[0].extract_text()


@needs_abcjs
def test_the_page_for_friends_asks_nobody_and_obeys_no_title(book: Tunebook) -> None:
    page = write_friends_page(f"Mine {EVIL}", book.tunes(), book.sets(), PATHS)
    assert page.count("<script") == page.count("</script>") == 3
    assert "default-src 'none'" in page and "alert(1)</script>" not in page
    found = re.search(r'id="book">(.*?)</script>', page, re.DOTALL)
    assert found
    told = json.loads(found[1])
    assert [tune["title"] for tune in told["tunes"]] == [tune.title for tune in book.tunes()]
    parts = [[2, " ×2", 0], [1, " ×2", 0], [0, " ×2", 0]]
    assert told["sets"] == [{"name": "Friday: Jig & Reel", "parts": parts}]
    assert [pitch for pitch, _onset, _length in told["tunes"][2]["notes"]][:3] == [62, 66, 69]
