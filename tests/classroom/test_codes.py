import hashlib

from musicgen.classroom.codes import ALPHABET, hash_code, is_code, make_code


def test_codes_are_long_drawn_by_chance_and_without_look_alikes():
    codes = {make_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 11 and code[5] == "-" for code in codes)
    assert set("".join(codes)) - {"-"} <= set(ALPHABET)
    assert not set(ALPHABET) & set("1il0o8")
    assert len(ALPHABET) ** 10 > 2**49


def test_only_a_hash_is_kept_which_is_that_of_scrypt_itself():
    kept = hash_code("h7kq2-m4xwd")
    wanted = hashlib.scrypt(
        b"h7kq2m4xwd", salt=bytes.fromhex(kept.salt), n=16384, r=8, p=1, dklen=32
    )
    assert kept.digest == wanted.hex()
    assert "h7kq2" not in str(kept)
    assert hash_code("h7kq2-m4xwd") != kept, "each has a salt of its own"


def test_a_code_is_read_however_it_is_typed_and_no_other_is():
    kept = hash_code("h7kq2-m4xwd")
    assert all(is_code(typed, kept) for typed in ("h7kq2-m4xwd", "H7KQ2 M4XWD", " h7kq2m4xwd "))
    assert not any(is_code(typed, kept) for typed in ("", "h7kq2-m4xwe", "h7kq2", "\0" * 5000))
    assert not is_code("h7kq2-m4xwd", None)


def test_a_stamp_changes_with_the_code_and_is_not_the_hash():
    first, second = hash_code("a"), hash_code("a")
    assert first.stamp != second.stamp and first.stamp not in first.digest
