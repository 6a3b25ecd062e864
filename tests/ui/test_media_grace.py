"""Files of a page stay for a moment when nobody names them, and then go by themselves."""

import time
from collections.abc import Callable

import pytest
from streamlit.runtime import media_file_manager
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from musicgen.ui.frame import media_grace
from musicgen.ui.frame.media_grace import keep_media_for_a_moment

SOON_S = 20.0


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> MediaFileManager:
    monkeypatch.setattr(
        MediaFileManager, "_get_inactive_file_ids", MediaFileManager._get_inactive_file_ids
    )
    monkeypatch.setattr(MediaFileManager, "clear_session_refs", MediaFileManager.clear_session_refs)
    keep_media_for_a_moment()
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def count(manager: MediaFileManager) -> int:
    return len(manager._file_metadata)


def wait_until(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + SOON_S
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def test_a_file_that_is_named_again_was_never_away(manager: MediaFileManager) -> None:
    manager.add(b"sound", "audio/wav", "1")
    for _ in range(3):
        manager.clear_session_refs()
        manager.remove_orphaned_files()
        assert count(manager) == 1
        manager.add(b"sound", "audio/wav", "1")


@pytest.mark.parametrize("is_download", [False, True])
def test_a_file_that_nobody_names_goes_by_itself(
    manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch, is_download: bool
) -> None:
    monkeypatch.setattr(media_grace, "KEPT_S", 0.05)
    monkeypatch.setattr(media_grace, "NAMED_S", 0.05)
    manager.add(b"file", "audio/wav", "1", "a.wav", is_for_static_download=is_download)
    manager.clear_session_refs()
    manager.remove_orphaned_files()
    assert count(manager) == 1
    assert wait_until(lambda: count(manager) == 0)
    assert wait_until(lambda: manager not in media_grace._looking)


def test_what_is_named_stays_however_long(
    manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_grace, "KEPT_S", 0.05)
    monkeypatch.setattr(media_grace, "NAMED_S", 0.05)
    manager.add(b"one", "audio/wav", "1")
    manager.clear_session_refs()
    manager.add(b"two", "audio/wav", "2")
    manager.remove_orphaned_files()
    assert wait_until(lambda: count(manager) == 1)
    manager.remove_orphaned_files()
    assert count(manager) == 1


def test_what_the_run_before_named_stays_while_the_next_takes_its_time(
    manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_grace, "KEPT_S", 0.0)

    def name(session: str, sound: bytes) -> None:
        monkeypatch.setattr(media_file_manager, "_get_session_id", lambda: session)
        manager.add(sound, "audio/wav", "1")
        manager.remove_orphaned_files()

    name("one", b"first")
    manager.clear_session_refs()
    manager.clear_session_refs()  # cut short before it named anything
    name("two", b"another")
    assert count(manager) == 2
    name("one", b"second")
    assert count(manager) == 3
    manager.clear_session_refs()  # the run after that lets go of the first
    name("one", b"third")
    assert count(manager) == 3
    manager.clear_session_refs("one")  # and the end of the session of all
    manager.remove_orphaned_files()
    assert count(manager) == 1


def test_the_change_is_made_once(manager: MediaFileManager) -> None:
    before = MediaFileManager._get_inactive_file_ids
    keep_media_for_a_moment()
    assert MediaFileManager._get_inactive_file_ids is before
    assert manager is not None
