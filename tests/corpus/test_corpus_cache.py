import pytest

from musicgen.corpus import corpus_cache
from musicgen.corpus import dataset as module
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.user_corpora import CorpusStore, Upload


@pytest.fixture
def lab(paths, tunebook):
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    return paths


def files(paths):
    return sorted((paths.cache / "corpora").iterdir())


def test_a_corpus_is_read_once_and_comes_back_the_same(lab, monkeypatch):
    first = load_dataset("lab", lab)
    monkeypatch.setattr(module, "read_tunes", lambda *_: pytest.fail("read again"))
    again = load_dataset("lab", lab)
    assert (again.tunes, again.split, again.reports) == (first.tunes, first.split, first.reports)
    assert again.describe() == first.describe()


def test_another_text_or_another_code_is_read_anew(lab, tunebook, monkeypatch):
    load_dataset("lab", lab)
    (lab.data / "irish.abc").write_text(tunebook.replace("Tune 1\n", "Tune X\n"), encoding="utf-8")
    assert any(tune.title == "Tune X" for tune in load_dataset("lab", lab).tunes)
    assert len(files(lab)) == 2
    monkeypatch.setattr(corpus_cache, "code_digest", lambda: "another")
    load_dataset("lab", lab)
    assert len(files(lab)) == 3


def test_plain_and_as_it_is_are_kept_apart(lab):
    keys = {corpus_cache.digest_source("lab", lab, plain) for plain in (False, True)}
    assert len(keys) == 2
    assert corpus_cache.digest_source("lab+lab", lab, False) not in keys


def test_damaged_files_are_read_anew(lab):
    tunes = load_dataset("lab", lab).tunes
    (file,) = files(lab)
    for rubble in (b"", b"{}", b'{"tunes": [[1]]}', file.read_bytes()[:-40], b"\xff\xfe"):
        file.write_bytes(rubble)
        assert load_dataset("lab", lab).tunes == tunes


def test_where_nothing_can_be_written_the_corpus_is_there_all_the_same(lab):
    lab.cache.write_text("a file where a folder should be", encoding="utf-8")
    assert load_dataset("lab", lab).tunes


def test_only_the_newest_files_are_kept(lab, monkeypatch):
    monkeypatch.setattr(corpus_cache, "MAX_FILES", 2)
    for number in range(4):
        monkeypatch.setattr(corpus_cache, "code_digest", lambda number=number: str(number))
        load_dataset("lab", lab)
    assert len(files(lab)) == 2


def test_ones_own_corpora_are_kept_and_another_of_the_same_name_is_read(paths, tunebook):
    store = CorpusStore(paths.corpora)
    store.create("mine", [Upload("a.abc", tunebook.encode())])
    before = load_dataset("mine", paths)
    assert load_dataset("mine", paths).reports == before.reports
    store.delete("mine")
    store.create("mine", [Upload("a.abc", tunebook.replace("Tune 2\n", "Tune Y\n").encode())])
    assert load_dataset("mine", paths).tunes != before.tunes
