import gc
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from musicgen.ui.frame import tidying


@pytest.fixture
def storage(monkeypatch):
    """Where a server keeps the sessions of broken connections: ten seconds, by its own clock."""
    kept, now = MemorySessionStorage(ttl_seconds=10), [0.0]
    monkeypatch.setattr(kept._cache, "_timer", lambda: now[0])
    runtime = SimpleNamespace(_session_mgr=SimpleNamespace(_session_storage=kept))
    monkeypatch.setattr(tidying, "exists", lambda: True)
    monkeypatch.setattr(tidying, "get_instance", lambda: runtime)

    def leave(name):
        kept.save(SimpleNamespace(session=SimpleNamespace(id=name)))

    return SimpleNamespace(kept=kept, now=now, leave=leave)


def test_sessions_are_let_go_when_their_time_is_over_and_no_sooner(storage):
    storage.leave("one")
    storage.now[0] = 6.0
    storage.leave("two")
    assert tidying.let_expired_go() == {"one", "two"}
    storage.now[0] = 11.0
    assert tidying.let_expired_go() == {"two"}
    assert list(storage.kept._cache._data) == ["two"]
    storage.now[0] = 17.0
    assert tidying.let_expired_go() == set()
    assert not storage.kept._cache._data


def test_without_a_server_there_is_nothing_to_let_go():
    assert tidying.let_expired_go() == set()


def test_a_slow_collection_makes_the_next_one_fast(monkeypatch):
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    monkeypatch.setattr(tidying, "SLOW_S", 1e9)
    tidying.collect()
    assert not frozen
    monkeypatch.setattr(tidying, "SLOW_S", 0.0)
    tidying.collect()
    assert frozen
