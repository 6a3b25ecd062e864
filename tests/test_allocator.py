"""What glibc does with large blocks: a server's are mapped one by one, a training's are kept."""

import json
import subprocess
import sys

import pytest

from musicgen import allocator

LOOK = """
import ctypes, json
from musicgen import allocator

class Info(ctypes.Structure):  # struct mallinfo2, malloc.h
    _fields_ = [(name, ctypes.c_size_t) for name in
        "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Info

def is_mapped(size):
    allocator.give_back()  # a block of the heap that is free and large enough is taken before
    before = library.mallinfo2().hblks
    block = bytearray(size)
    found = library.mallinfo2().hblks - before
    del block
    return found == 1

LARGE = 4 * 2**20
del (learned_from := [bytearray(20 * 2**20)])[:]  # now glibc would keep such blocks, too
seen = {"as it is": is_mapped(LARGE)}
with allocator.keeping_large_blocks():
    seen["a training alone"] = is_mapped(LARGE)
allocator.map_large_blocks()
seen["a server"] = is_mapped(LARGE)
seen["its small ones"] = is_mapped(2**16)
with allocator.keeping_large_blocks():
    with allocator.keeping_large_blocks():
        pass
    seen["one that trains"] = is_mapped(LARGE)
seen["afterwards"] = is_mapped(LARGE)
print(json.dumps(seen))
"""


@pytest.mark.skipif(allocator._find_glibc() is None, reason="There is no glibc here.")
def test_large_blocks_of_a_server_are_mapped_unless_it_trains():
    found = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(found.stdout) == {
        "as it is": False,
        "a training alone": False,
        "a server": True,
        "its small ones": False,
        "one that trains": False,
        "afterwards": True,
    }


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocator, "_find_glibc", lambda: None)
    monkeypatch.setattr(allocator, "_users", allocator._Users())
    allocator.map_large_blocks()
    with allocator.keeping_large_blocks():
        allocator.give_back()
    assert allocator.mapped_from() == allocator.MAPPED_BYTES
