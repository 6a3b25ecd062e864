import threading

import pytest

from musicgen import watching
from musicgen.watching import (
    COMPOSE,
    ERROR,
    FILE_NAME,
    MEMORY,
    OLD_FILE_NAME,
    RENDER,
    Watch,
    by_time,
    quantile,
    summarise,
    write_csv,
    write_metrics,
)


def test_waits_are_kept_by_many_threads_and_summarised(tmp_path):
    watch = Watch(tmp_path, is_on=True)

    def note():
        for number in range(1, 26):
            watch.note(COMPOSE, number / 10, "house", "Play")

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watch.note(RENDER, 1.0, "house", "Play")
    first, second = summarise(watch.waits())
    assert (first.count, first.p50, first.p95, first.p99) == (100, 1.3, 2.4, 2.5)
    assert (second.kind, second.count) == (RENDER, 1)
    assert sum(row.count for _begin, row in by_time(watch.waits(), COMPOSE)) == 100
    assert watch.waits(since=9e12) == []


def test_a_quantile_is_a_value_that_was_measured():
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([1, 2], 0.5) == 1
    assert quantile([7], 0.99) == 7
    assert quantile([], 0.5) != quantile([], 0.5)


def test_the_files_stay_bounded_and_the_newest_waits_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "MAX_BYTES", 2_000)
    watch = Watch(tmp_path, is_on=True)
    for number in range(400):
        watch.note(COMPOSE, number, "house", "Play")
    sizes = [(tmp_path / name).stat().st_size for name in (FILE_NAME, OLD_FILE_NAME)]
    assert all(size <= 2_000 for size in sizes)
    kept = [wait.seconds for wait in watch.waits() if wait.kind == COMPOSE]
    assert kept == sorted(kept) and kept[-1] == 399 and 20 < len(kept) < 200


def test_torn_and_foreign_lines_are_passed_over(tmp_path):
    watch = Watch(tmp_path, is_on=True)
    watch.note(COMPOSE, 1.0)
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b'{"a": 1}\n[1, 2]\n\xff\xfe\n[1,"compose","m","p",-3]\n[1.5,"compose",')
    assert [wait.seconds for wait in watch.waits() if wait.kind == COMPOSE] == [1.0]


def test_it_can_be_turned_off(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICGEN_WATCH", "off")
    watch = Watch(tmp_path / "waits")
    watch.note(COMPOSE, 1.0)
    assert not watch.is_on and not (tmp_path / "waits").exists()


def test_it_can_be_turned_off_for_good_and_forget(tmp_path, monkeypatch):
    monkeypatch.delenv("MUSICGEN_WATCH", raising=False)
    watch = Watch(tmp_path / "waits")
    watch.note(COMPOSE, 1.0)
    watch.turn(False)
    watch.note(COMPOSE, 2.0)
    assert not Watch(tmp_path / "waits").is_on
    assert [one.seconds for one in watch.waits() if one.kind == COMPOSE] == [1.0]
    watch.turn(True)
    assert Watch(tmp_path / "waits").is_on
    watch.forget()
    assert watch.waits() == []
    monkeypatch.setenv("MUSICGEN_WATCH", "off")
    locked = Watch(tmp_path / "waits")
    locked.turn(True)
    assert locked.is_locked and not locked.is_on


def test_memory_is_noted_once_in_a_while_and_is_no_wait(tmp_path):
    watch = Watch(tmp_path, is_on=True)
    for _ in range(3):
        watch.note(COMPOSE, 1.0)
    assert [one.kind for one in watch.waits()].count(MEMORY) == 1
    assert [row.kind for row in summarise(watch.waits())] == [COMPOSE]
    assert 'kind="memory"' not in write_metrics(watch.waits())


def test_a_table_of_waits_holds_no_formula(tmp_path):
    watch = Watch(tmp_path, is_on=True)
    watch.note(COMPOSE, 1.5, "=1+1", "Play")
    head, row, *_rest = write_csv(watch.waits()).splitlines()
    assert head == "at,kind,model,page,seconds"
    assert row.split(",")[1:] == ["compose", "'=1+1", "Play", "1.5"]


def test_metrics_are_in_the_format_of_prometheus(tmp_path):
    watch = Watch(tmp_path, is_on=True)
    watch.note(COMPOSE, 2.0, 'the "best"\\one\n', "Play")
    watch.note(ERROR, 0.0, "RunError", "Train")
    text = write_metrics(watch.waits(), working=2)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(line.rsplit(" ", 1)[1].replace(".", "").isdigit() for line in lines)
    assert r'model="the \"best\"\\one\n"' in text
    assert 'musicgen_app_errors_total{kind="RunError",page="Train"} 1' in text
    assert "musicgen_app_tasks 2" in text and text.endswith("\n")
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    names = {line.split("{")[0].split(" ")[0] for line in lines}
    assert {name.removesuffix("_sum").removesuffix("_count") for name in names} <= typed


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--by-hour", "compose")])
def test_the_command_prints_what_was_noted(tmp_path, monkeypatch, capsys, arguments):
    from musicgen.__main__ import main

    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    for empty in ((), ("--by-hour", "sound")):
        assert main(["waits", *empty]) == 0 and "Nothing is noted" in capsys.readouterr().out
    Watch(tmp_path / "waits", is_on=True).note(COMPOSE, 2.0, "house", "Play")
    assert main(["waits", *arguments]) == 0
    assert "compose" in capsys.readouterr().out
