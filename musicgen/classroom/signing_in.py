"""Signing in to a class, and the sign by which a browser shows later that it is signed in.

The sign is signed (HMAC-SHA-256, by itsdangerous) with a key that only the server has. It holds the
member's id and a stamp of their code, so that another code, or leaving the class, ends it.
"""

import hashlib
import math
import secrets
import threading
from collections import OrderedDict

from itsdangerous import BadData, URLSafeTimedSerializer

from musicgen.classroom.attempts import Attempts
from musicgen.classroom.codes import is_code
from musicgen.classroom.roster import MAX_NAME, ClassStore, Member
from musicgen.errors import ClassError

LASTS_S = 12 * 3600
"""For how long somebody stays signed in: a school day."""

MAX_SIGN = 400
"""Characters of a sign that are looked at."""

_MAX_ENDED = 10_000
_AT_ONCE = 2  # codes that are compared at a time, some 16 MB each


class SignIns:
    """Who signs in and out. One for each process; safe to use from several threads.

    Args:
        store: The class.
        attempts: Wrong codes so far.
    """

    def __init__(self, store: ClassStore, attempts: Attempts | None = None) -> None:
        self._store = store
        self._attempts = attempts or Attempts()
        self._comparing = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._ended: OrderedDict[str, None] = OrderedDict()

    def sign_in(self, name: str, code: str, address: str) -> str:
        """Signs somebody in, and gives the sign; takes some 50 ms.

        Args:
            name: As it was typed.
            code: As it was typed.
            address: From where.

        Raises:
            ClassError: name and code do not fit, or there were too many tries.
        """
        room = self._store.read()
        member = room.find(name[:MAX_NAME])
        who = member.id if member else name[:MAX_NAME].casefold()
        wait_s = self._attempts.wait_s(who, address)
        if wait_s:
            raise ClassError(
                "There were too many wrong codes. Try again in {minutes} min, or ask your "
                "teacher for a new code.",
                minutes=math.ceil(wait_s / 60),
            )
        with self._comparing:
            is_right = is_code(code, member.code if member else None)
        if member is None or not is_right:
            self._attempts.note(who, address)
            raise ClassError(
                "Name and code do not fit together. Look at both again; your teacher can give "
                "you a new code."
            )
        self._attempts.forget(who, address)
        return self._serializer().dumps([member.id, member.code.stamp, secrets.token_hex(8)])

    def member_of(self, sign: str) -> Member | None:
        """Whose sign it is; None if it is nobody's, too old, or ended."""
        if not sign or len(sign) > MAX_SIGN or sign in self._ended:
            return None
        try:
            found = self._serializer().loads(sign, max_age=LASTS_S)
            member_id, stamp, _nonce = found
            member = self._store.read().by_id(member_id)
        except (BadData, ClassError, ValueError, TypeError):
            return None
        return member if member and member.code.stamp == stamp else None

    def sign_out(self, sign: str) -> None:
        """Ends a sign, in the other tabs of its browser as well."""
        with self._lock:
            if self.member_of(sign):
                self._ended[sign] = None
            while len(self._ended) > _MAX_ENDED:
                self._ended.popitem(last=False)

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._store.key(),
            salt="musicgen-class",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
