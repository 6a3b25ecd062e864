"""Codes by which members sign in: drawn by chance, shown once, kept as a hash alone.

A code has ten characters of an alphabet of thirty without look-alikes: 49 bits. scrypt (RFC 7914)
makes each guess cost 16 MB and some 50 ms, for whoever has the file with the hashes as well.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

ALPHABET = "abcdefghjkmnpqrstuvwxyz2345679"
"""Without i and 1, l, o and 0, and 8, which looks like B."""

_LENGTH, _GROUP = 10, 5
_N, _R, _P = 2**14, 8, 1
_SALT_BYTES, _HASH_BYTES = 16, 32

MAX_TYPED = 40
"""Characters of a typed code that are looked at."""


@dataclass(frozen=True, slots=True)
class CodeHash:
    """What is kept of a code: salt and hash, as hexadecimal digits."""

    salt: str
    digest: str

    @property
    def stamp(self) -> str:
        """Changes with the code, and says nothing of it: what is signed with another is over."""
        return hashlib.sha256(self.digest.encode()).hexdigest()[:16]


def make_code() -> str:
    """A new code, in two groups, such as ``h7kq2-m4xwd``."""
    signs = [secrets.choice(ALPHABET) for _ in range(_LENGTH)]
    return "-".join("".join(signs[at : at + _GROUP]) for at in range(0, _LENGTH, _GROUP))


def hash_code(code: str) -> CodeHash:
    """What is to be kept of a code; takes some 50 ms."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return CodeHash(salt.hex(), _scrypt(code, salt).hex())


def is_code(typed: str, kept: CodeHash | None) -> bool:
    """Whether what was typed is the code, however it is spaced and written large or small.

    Takes as long where there is nothing to compare with, and wherever the difference is.
    """
    salt = bytes.fromhex(kept.salt) if kept else bytes(_SALT_BYTES)
    found = _scrypt(typed[:MAX_TYPED], salt)
    wanted = bytes.fromhex(kept.digest) if kept else bytes(_HASH_BYTES)
    return hmac.compare_digest(found, wanted) and kept is not None


def _scrypt(code: str, salt: bytes) -> bytes:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return hashlib.scrypt(plain.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=_HASH_BYTES)
