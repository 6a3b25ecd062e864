import threading

import pytest

from musicgen.ui.base.bounded_cache import BoundedCache


def test_what_was_wanted_longest_ago_goes_first():
    cache = BoundedCache(10, len)
    for key in "abc":
        cache.get(key, lambda: b"1234")
    assert cache.size_bytes == 8
    cache.get("b", lambda: pytest.fail("is there"))
    cache.get("d", lambda: b"1234")
    made = []
    cache.get("b", lambda: pytest.fail("was wanted since"))
    cache.get("c", lambda: made.append("c") or b"1")
    assert made == ["c"]


def test_the_newest_is_kept_whatever_it_takes():
    cache = BoundedCache(10, len)
    cache.get("a", lambda: b"1")
    large = cache.get("b", lambda: b"1" * 99)
    assert cache.get("b", lambda: b"") is large
    assert cache.size_bytes == 99
    cache.get("c", lambda: b"1")
    assert cache.size_bytes == 1


def test_an_error_is_passed_on_and_kept_by_nobody():
    cache = BoundedCache(10, len)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert cache.get("a", lambda: b"1") == b"1"


def test_many_threads_make_a_value_once():
    cache, made, gate = BoundedCache(10, len), [], threading.Barrier(8)

    def want():
        gate.wait()
        cache.get("a", lambda: made.append(1) or b"1")

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
