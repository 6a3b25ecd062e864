"""Signing in to a class, and the sign by which a browser shows later that it is signed in.

The sign is signed (HMAC-SHA-256, by itsdangerous) with a key that only the server has. It holds the
member's id and a stamp of their code, so that another code, or leaving the class, ends it.
"""

import hashlib
import math
import secrets
import threading
import time
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
_READ_S, _MAX_KNOWN = 60.0, 1_000
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
        self._known: dict[str, tuple[str, str, float]] = {}

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
            member_id, stamp = self._read(sign)
            member = self._store.read().by_id(member_id)
        except (BadData, ClassError, ValueError, TypeError):
            return None
        return member if member and member.code.stamp == stamp else None

    def _read(self, sign: str) -> tuple[str, str]:
        """Whose sign it is, and the stamp of the code it was made with; read again now and then.

        A page asks a hundred times whose it is.
        """
        now = time.monotonic()
        with self._lock:
            known = self._known.get(sign)
        if known is None or known[2] < now:
            member_id, stamp, _nonce = self._serializer().loads(sign, max_age=LASTS_S)
            known = str(member_id), str(stamp), now + _READ_S
            with self._lock:
                if len(self._known) >= _MAX_KNOWN:
                    self._known.clear()
                self._known[sign] = known
        return known[:2]

    def sign_out(self, sign: str) -> None:
        """Ends a sign, in the other tabs of its browser as well."""
        is_known = self.member_of(sign) is not None
        with self._lock:
            if is_known:
                self._ended[sign] = None
            while len(self._ended) > _MAX_ENDED:
                self._ended.popitem(last=False)

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._store.key(),
            salt="musicgen-class",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
