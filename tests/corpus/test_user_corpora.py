"""Corpora of one's own: what is kept, what is said of the rest, and that nothing is left behind."""

import random
import unicodedata
from pathlib import Path

import pytest

from musicgen.config import Paths, TrainingConfig
from musicgen.corpus import user_corpora
from musicgen.corpus.cleaning import DROPPED, KEPT_AS_IT_IS, MAX_TUNE_CHARACTERS, MEND_KINDS
from musicgen.corpus.dataset import load_dataset, read_tunes, require_trainable
from musicgen.corpus.statistics import count_figures, describe_tunes, find_tunes, write_csv
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.errors import CorpusError
from tests.notation.transcription.midi_files import midi_file

TUNE = "X:1\nT:A\nM:C\nL:1/8\nK:G\nGABc d2B2|G4 G4|]\n"
OTHER = "X:2\nT:B\nM:6/8\nL:1/8\nK:Edor\nEFG ABc|d2e f3|]\n"


@pytest.fixture
def store(paths: Paths) -> CorpusStore:
    return CorpusStore(paths.corpora)


def upload(text: str | bytes, name: str = "tunes.abc") -> Upload:
    return Upload(name, text if isinstance(text, bytes) else text.encode())


def kinds(store: CorpusStore, name: str) -> list[str]:
    return [finding.kind for finding in store.get(name).read_report().findings]


def left_behind(store: CorpusStore) -> list[str]:
    """What lies in the folder, but for the lock."""
    found = store.root.rglob("*") if store.root.exists() else ()
    return sorted(path.name for path in found if path.name != ".lock")


def test_tunes_are_kept_and_found_again_by_name(store: CorpusStore, paths: Paths) -> None:
    made = store.create("mine", [upload(TUNE), upload(OTHER, "more.txt")])
    assert (made.tunes, made.files) == (2, ("tunes.abc", "more.txt"))
    assert [corpus.name for corpus in store.list()] == ["mine"]
    for name in ("mine", "own:mine"):
        tunes, report = read_tunes(name, paths)
        assert [tune.text for tune in tunes] == [TUNE.strip(), OTHER.strip()]
        assert report.kept == 2


def test_a_corpus_can_be_learned_from_alone_or_beside_another(
    store: CorpusStore, paths: Paths, tunebook: str
) -> None:
    store.create("mine", [upload(tunebook)])
    store.create("more", [upload(TUNE)])
    alone, both = load_dataset("mine", paths), load_dataset("mine+own:more", paths)
    assert len(alone.tunes) == 40
    assert alone.texts("val") == both.texts("val") != []
    assert TUNE.strip() in both.texts("train")
    require_trainable(both, TrainingConfig(seq_len=64))


def test_every_encoding_and_line_end_is_read(store: CorpusStore) -> None:
    title = OTHER.replace("T:B", "T:Sí Bheag")
    files = [
        upload(TUNE.replace("\n", "\r\n")),
        upload(title.encode("cp1252"), "latin.abc"),
        upload(title.replace("Sí", "Só").replace("EFG", "GFE").encode("utf-16"), "wide.abc"),
    ]
    store.create("mine", files)
    text = store.get("mine").read_text()
    assert "T:Sí Bheag" in text and "T:Só Bheag" in text and "\r" not in text


def test_what_the_head_of_a_file_says_is_written_into_its_tunes(store: CorpusStore) -> None:
    book = (
        "M:6/8\nL:1/8\nR:jig\n\nX:1\nT:A\nK:G\nGAB cde|g6|]\n\nX:2\nT:B\nM:9/8\nK:G\nGAB cde fga|]"
    )
    store.create("mine", [upload(book)])
    first, second = store.get("mine").read_text().split("\n\n")
    assert first == "X:1\nM:6/8\nL:1/8\nR:jig\nT:A\nK:G\nGAB cde|g6|]"
    assert second.startswith("X:2\nL:1/8\nR:jig\nT:B\nM:9/8")
    assert kinds(store, "mine").count("fields") == 2


def test_prose_control_characters_and_a_missing_number_are_mended(store: CorpusStore) -> None:
    book = TUNE + "\nThanks to everybody who sent this in.\n\n" + OTHER.replace("T:B", "T:\x07B")
    store.create("mine", [upload(book), upload("T:C\nM:C\nK:D\nDEFG ABcd|d8|]", "bare.abc")])
    text = store.get("mine").read_text()
    assert "Thanks" not in text and "\x07" not in text
    assert "X:1\nT:C" in text
    assert {"prose", "characters", "numbered"} <= set(kinds(store, "mine"))


def test_the_report_says_file_line_title_and_reason(store: CorpusStore) -> None:
    book = f"{TUNE}\n{TUNE}\nX:3\nT:Empty\nK:C\n\nX:4\nT:Short\nM:C\nL:1/8\nK:C\nCDE|CDEF GABc|]\n"
    files = [upload(book), upload(b"\0\1\2" * 99, "photo.abc"), upload(b"MThd", "bad.mid"),
             upload("no tune here", "letter.txt"), upload("x", "list.docx")]  # fmt: skip
    store.create("mine", files)
    rows = [
        (found.kind, found.file, found.line, found.title)
        for found in store.get("mine").read_report().findings
    ]
    assert rows == [
        ("duplicate", "tunes.abc", 8, "A"),
        ("no notes", "tunes.abc", 15, "Empty"),
        ("not in time", "tunes.abc", 19, "Short"),
        ("not text", "photo.abc", 1, ""),
        ("not MIDI", "bad.mid", 1, ""),
        ("no tune", "letter.txt", 1, ""),
        ("not known", "list.docx", 1, ""),
    ]
    assert store.get("mine").left_out == 6


def test_the_melody_of_a_midi_file_becomes_a_tune_named_after_it(store: CorpusStore) -> None:
    data = midi_file([(62 + n % 7, 240) for n in range(32)], meter="4/4")
    store.create("mine", [upload(data, "My Reel.mid")])
    assert "T:My Reel" in store.get("mine").read_text()
    assert kinds(store, "mine")[0] == "from MIDI"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "Choose at least one"),
        ([upload("")], "no tune in the file"),
        ([upload("X:1\nT:Empty\nK:C\n")], "no note in it"),
        ([upload(random.Random(0).randbytes(2_000_000))], "no text file"),
        ([upload("A|" * MAX_TUNE_CHARACTERS)], "longer than any tune"),
        ([upload(b"MThd", "bad.mid")], "damaged"),
        ([upload(TUNE, "tune.exe")], "only ABC and MIDI"),
    ],
    ids=["no file", "empty", "no notes", "noise", "too long", "broken MIDI", "other"],
)
def test_files_without_a_tune_are_a_sentence_and_leave_nothing(
    store: CorpusStore, files: list[Upload], sentence: str
) -> None:
    with pytest.raises(CorpusError, match=sentence):
        store.create("mine", files)
    assert left_behind(store) == []


def test_letters_at_random_are_kept_or_end_in_a_sentence(store: CorpusStore) -> None:
    noise = "".join(random.Random(1).choices("ABCDefg|:[]()z2/X\n ", k=100_000))
    try:
        store.create("mine", [upload(noise)])
    except CorpusError:
        assert left_behind(store) == []
    else:
        assert store.get("mine").tunes


@pytest.mark.parametrize(
    "name", ["", "../escape", "a/b", "a\\b", ".hidden", "mine.new", "mine.OLD", "a+b", "own:a",
             "x" * 65, "NUL\0", "nul", "曲 子", "曲/子", "\u202e曲"],
)  # fmt: skip
def test_a_name_that_is_no_folder_is_a_sentence(store: CorpusStore, name: str) -> None:
    with pytest.raises(CorpusError, match="cannot name a corpus"):
        store.create(name, [upload(TUNE)])
    assert left_behind(store) == []


@pytest.mark.parametrize("name", ["我的曲子", "Ünïcode.2", "e\u0301te\u0301", "सुर"])
def test_a_corpus_is_called_in_any_script(store: CorpusStore, name: str) -> None:
    made = store.create(name, [upload(TUNE)])
    assert made.name == unicodedata.normalize("NFC", name)
    assert [corpus.name for corpus in store.list()] == [made.name]
    assert store.has(name) and store.get(name).read_text().startswith("X:")
    with pytest.raises(CorpusError, match="already"):
        store.create(name, [upload(OTHER)])
    store.delete(name)
    assert store.list() == []


@pytest.mark.parametrize("name", ["mine", "MINE", "lab", "Essen"])
def test_a_name_that_is_taken_is_a_sentence_and_nothing_is_lost(
    store: CorpusStore, name: str
) -> None:
    store.create("mine", [upload(TUNE)])
    before = left_behind(store)
    with pytest.raises(CorpusError, match="already"):
        store.create(name, [upload(OTHER)])
    assert left_behind(store) == before
    assert store.get("mine").tunes == 1


def test_names_of_files_are_shown_and_never_used(store: CorpusStore, tmp_path: Path) -> None:
    names = ["../../evil.abc", "C:\\temp\\win.abc", "/etc/passwd.abc", "line\nend\x1b.abc"]
    tunes = [TUNE.replace("GABc", f"GAB{letter}") for letter in "defg"]
    store.create("mine", [upload(text, name) for text, name in zip(tunes, names, strict=True)])
    assert store.get("mine").files == ("evil.abc", "win.abc", "passwd.abc", "line end.abc")
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


def test_files_that_are_too_large_or_too_many_are_a_sentence(
    store: CorpusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_corpora, "MAX_UPLOAD_BYTES", 100)
    with pytest.raises(CorpusError, match="larger than"):
        store.create("mine", [upload(TUNE), upload(OTHER), upload(OTHER)])
    monkeypatch.setattr(user_corpora, "MAX_FILES", 1)
    with pytest.raises(CorpusError, match="more than 1 files"):
        store.create("mine", [upload(TUNE), upload(OTHER)])
    assert left_behind(store) == []


def test_reading_that_is_interrupted_leaves_nothing(store: CorpusStore) -> None:
    def interrupt(_share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.create("mine", [upload(TUNE)], interrupt)
    assert left_behind(store) == []


def test_progress_rises_to_one(store: CorpusStore, tunebook: str) -> None:
    shares: list[float] = []
    store.create("mine", [upload(tunebook), upload(TUNE)], shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_a_deleted_corpus_is_gone_and_its_name_is_free(store: CorpusStore, paths: Paths) -> None:
    store.create("mine", [upload(TUNE)])
    store.delete("mine")
    assert left_behind(store) == []
    for act in (store.get, store.delete, lambda name: load_dataset(name, paths)):
        with pytest.raises(CorpusError, match=r"no corpus named 'mine'.*lab, oneill"):
            act("mine")
    store.create("mine", [upload(OTHER)])


@pytest.mark.parametrize("file", ["corpus.json", "tunes.abc", "findings.json"])
def test_a_damaged_corpus_is_a_sentence_and_can_be_deleted(
    store: CorpusStore, paths: Paths, file: str
) -> None:
    store.create("mine", [upload(TUNE)])
    store.create("whole", [upload(TUNE)])
    (store.root / "mine" / file).write_bytes(b"\xff{")
    with pytest.raises(CorpusError, match="damaged"):
        read_tunes("mine", paths)
    assert "whole" in [corpus.name for corpus in store.list()]
    store.delete("mine")
    assert not store.has("mine")


def test_too_small_a_corpus_is_told_before_it_is_trained_on(
    store: CorpusStore, paths: Paths, tunebook: str
) -> None:
    store.create("one", [upload(TUNE.replace("T:A", "T:The Kesh"))])
    with pytest.raises(CorpusError, match=r"too few tunes|no tunes to train on"):
        require_trainable(load_dataset("one", paths), TrainingConfig())
    store.create("mine", [upload(tunebook)])
    with pytest.raises(CorpusError, match="characters to train on"):
        require_trainable(
            load_dataset("mine", paths),
            TrainingConfig(seq_len=2048, batch_size=64, carry_state=True),
        )


def test_lists_search_and_figures() -> None:
    from musicgen.corpus.cleaning import clean_tunebook

    tunes, _ = clean_tunebook("own", [("f", TUNE + "\n" + OTHER + "\nX:3\nK:\nABc|]")])
    facts = describe_tunes(tunes)
    assert [(fact.title, fact.key, fact.meter, fact.bars) for fact in facts] == [
        ("A", "G major", "C", 2), ("B", "E dorian", "6/8", 2), ("", "", "none", 1),
    ]  # fmt: skip
    assert find_tunes(facts, "DOR 6/8") == [1]
    assert find_tunes(facts, "") == [0, 1, 2]
    figures = count_figures(facts)
    assert figures.keys == (("G major", 1), ("E dorian", 1))
    assert figures.bars == (2, 2, 1)
    assert count_figures([]).bars == ()


def test_a_spreadsheet_gets_no_formulas(store: CorpusStore) -> None:
    store.create("mine", [upload(TUNE.replace("T:A", "T:=1+1").replace("G4 G4", "G4"))])
    table = write_csv(store.get("mine").read_report().findings).decode("utf-8-sig")
    assert table.splitlines()[0] == "file,line,title,kind,reason"
    assert ",'=1+1," in table


def test_every_kind_of_finding_has_one_outcome() -> None:
    assert MEND_KINDS.keys() > DROPPED | KEPT_AS_IT_IS
    assert not DROPPED & KEPT_AS_IT_IS


def test_a_corpus_that_is_gone_when_it_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CorpusStore(tmp_path)
    monkeypatch.setattr(CorpusStore, "_names", lambda _store: ["gone"])
    assert store.list() == []
    assert store.list_damaged() == []
    with pytest.raises(CorpusError, match="no corpus named 'gone'"):
        store.get("gone")
