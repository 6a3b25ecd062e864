"""The members of a class, kept on the disk, and where the work of each lies.

::

    class/
      class.json     name of the class, limits, members with the hashes of their codes
      key            by which the signs of those who are signed in are signed; for the owner alone
      .lock
    members/<id>/    the home of a member: runs, corpora, tunebook, as `musicgen.config.Paths` says

Teachers work in the home of the server itself, whose runs and corpora all members may read.
"""

import contextlib
import json
import os
import secrets
import stat
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from musicgen.classroom.codes import CodeHash, hash_code, make_code
from musicgen.classroom.limits import Limits
from musicgen.config import Paths, to_json
from musicgen.errors import ClassError, ConfigError
from musicgen.json_reading import read_json
from musicgen.names import make_name, normalize_name
from musicgen.safe_text import remove_controls
from musicgen.storage import (
    delete_folder,
    is_file,
    is_folder,
    list_folder,
    locking,
    storing,
    write_file,
)

FORMAT_VERSION = 1
MAX_MEMBERS = 300
MAX_NAME = 40
"""Characters of the name of a member, or of a class."""

MEMBERS_FOLDER = "members"
TEACHER, PUPIL = "teacher", "pupil"
_ID_CHARACTERS = 40
_KEY_BYTES = 32
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to a class.

    `id` is the name of the folder of their work; `account` the address by which they sign in with
    the school's own login, empty for none.
    """

    id: str
    name: str
    role: str
    code: CodeHash
    account: str = ""
    created: str = ""

    @property
    def is_teacher(self) -> bool:
        """Whether they see the board, and have no limits."""
        return self.role == TEACHER

    def to_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role,
            "code": {"scrypt_salt": self.code.salt, "scrypt": self.code.digest},
            "account": self.account,
            "created": self.created,
        }


@dataclass(frozen=True, slots=True)
class Classroom:
    """A class at one instant."""

    name: str
    limits: Limits
    members: tuple[Member, ...]

    def find(self, name: str) -> Member | None:
        """The member of a name, however it is spaced and written large or small."""
        wanted = _plain(name)
        return next((one for one in self.members if _plain(one.name) == wanted), None)

    def get(self, name: str) -> Member:
        """The member of a name.

        Raises:
            ClassError: there is none.
        """
        found = self.find(name)
        if found is None:
            known = ", ".join(one.name for one in self.members)
            raise ClassError(
                "Nobody in the class is called {name!r}. There are: {known}.",
                name=name[:MAX_NAME],
                known=known,
            )
        return found

    def by_id(self, member_id: str) -> Member | None:
        """The member of an id."""
        return next((one for one in self.members if one.id == member_id), None)

    def by_account(self, account: str) -> Member | None:
        """Who signs in with an address of the school's own login."""
        wanted = account.strip().casefold()
        return next(
            (one for one in self.members if wanted and one.account.casefold() == wanted), None
        )


@dataclass(frozen=True, slots=True)
class NewCode:
    """A member and their code, which is shown once and not kept."""

    member: Member
    code: str


class ClassStore:
    """The class of a server.

    Args:
        paths: Of the server itself.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._folder = paths.home / "class"
        self._file = self._folder / "class.json"

    @property
    def exists(self) -> bool:
        """Whether a class was made."""
        return is_file(self._file)

    def read(self) -> Classroom:
        """The class as it is now; read again when its file was written.

        Raises:
            ClassError: there is none, or its file is damaged.
        """
        try:
            found = self._file.stat()
        except OSError as error:
            raise ClassError(
                "There is no class here yet. Make one with: python -m musicgen classroom new NAME"
            ) from error
        return _READ.get(self._file, (found.st_mtime_ns, found.st_size, found.st_ino))

    def create(self, name: str, teacher: str) -> NewCode:
        """Makes the class of this server, with a teacher, and gives the teacher's code.

        Raises:
            ClassError: there is a class already, or a name is not usable.
            StorageError: it cannot be written.
        """
        with self._changing():
            if self.exists:
                raise ClassError(
                    "There is a class here already: {name}. Add members with: "
                    "python -m musicgen classroom add NAME",
                    name=self.read().name,
                )
            made = self._make(_checked(teacher), TEACHER, "", ())
            self._write(Classroom(_checked(name), Limits(), (made.member,)))
        return made

    def add(self, names: Sequence[str], role: str = PUPIL, account: str = "") -> list[NewCode]:
        """Adds members, and gives their codes; all of them or none.

        Raises:
            ClassError: a name is taken or not usable, or there are too many.
            StorageError: it cannot be written.
        """
        with self._changing():
            room, made = self.read(), []
            for name in map(_checked, names):
                _require_free(name, account, room)
                new = self._make(name, role, account, room.members)
                room = replace(room, members=(*room.members, new.member))
                made.append(new)
            if len(room.members) > MAX_MEMBERS:
                raise ClassError("A class has at most {most} members.", most=MAX_MEMBERS)
            self._write(room)
        return made

    def renew_code(self, name: str) -> NewCode:
        """Gives a member another code; whoever is signed in with the old one no longer is.

        Raises:
            ClassError: there is no such member.
            StorageError: it cannot be written.
        """
        with self._changing():
            room, code = self.read(), make_code()
            member = replace(room.get(name), code=hash_code(code))
            self._write(replace(room, members=_with(room, member)))
        return NewCode(member, code)

    def remove(self, name: str, *, with_work: bool = False) -> Member:
        """Removes a member; their work stays on the disk unless it is to go with them.

        Raises:
            ClassError: there is no such member, or it is the last teacher.
            StorageError: it cannot be written.
        """
        with self._changing():
            room = self.read()
            member = room.get(name)
            left = tuple(one for one in room.members if one.id != member.id)
            if not any(one.is_teacher for one in left):
                raise ClassError("A class needs a teacher: {name} is the only one.",
                                 name=member.name)  # fmt: skip
            self._write(replace(room, members=left))
        if with_work:
            self.delete_work(member)
        return member

    def delete_work(self, member: Member) -> None:
        """Deletes the work of somebody who was removed; a teacher's is the server's, and stays.

        Raises:
            ClassError: they are in the class.
            StorageError: it cannot be removed.
        """
        if self.read().by_id(member.id):
            raise ClassError("{name} is in the class: remove them first.", name=member.name)
        folder = self.paths_of(member).home
        if not member.is_teacher and is_folder(folder):
            delete_folder(folder)

    def set_limits(self, limits: Limits) -> None:
        """Sets what members may ask for.

        Raises:
            ClassError: there is no class.
            StorageError: it cannot be written.
        """
        with self._changing():
            self._write(replace(self.read(), limits=limits))

    def paths_of(self, member: Member) -> Paths:
        """Where the work of a member lies, and what they may read of the server's."""
        here = self._paths
        if member.is_teacher:
            return here
        return Paths(here.project, here.home / MEMBERS_FOLDER / member.id, here.home)

    def key(self) -> bytes:
        """What the signs of those who are signed in are signed with; made with the class.

        Raises:
            ClassError: it is missing or damaged.
        """
        try:
            found = (self._folder / "key").read_bytes()
        except OSError:
            found = b""
        if len(found) != _KEY_BYTES:
            raise ClassError("The key of the class is missing or damaged. Make the class anew.")
        return found

    def _make(self, name: str, role: str, account: str, others: Sequence[Member]) -> NewCode:
        taken = {one.id.casefold() for one in others}
        members = self._paths.home / MEMBERS_FOLDER  # work of somebody who left is not inherited
        taken |= {normalize_name(folder.name).casefold() for folder in list_folder(members)}
        wanted = make_name(name, _ID_CHARACTERS).casefold() or role
        member_id, number = wanted, 1
        while member_id.casefold() in taken:
            number += 1
            member_id = f"{wanted}-{number}"
        code = make_code()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return NewCode(Member(member_id, name, role, hash_code(code), account.strip(), now), code)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with storing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        with locking(self._folder / ".lock"):
            self._make_key()
            yield

    def _make_key(self) -> None:
        path = self._folder / "key"
        if is_file(path):
            return
        with storing(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))

    def _write(self, room: Classroom) -> None:
        values = {
            "format_version": FORMAT_VERSION,
            "name": room.name,
            "limits": room.limits.to_dict(),
            "members": [member.to_dict() for member in room.members],
        }
        write_file(self._file, to_json(values).encode("utf-8"))
        with contextlib.suppress(OSError):  # where a system has no such rights
            self._file.chmod(_PRIVATE)


class _ReadFiles:
    """Classes as they were read last, by their files and the state of these."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Path, tuple[tuple[int, ...], Classroom]] = {}

    def get(self, file: Path, state: tuple[int, ...]) -> Classroom:
        with self._lock:
            kept = self._kept.get(file)
        if kept and kept[0] == state:
            return kept[1]
        room = _parse(file)
        with self._lock:
            self._kept[file] = state, room
        return room


_READ = _ReadFiles()


def _parse(file: Path) -> Classroom:
    try:
        values = read_json(file)
        members = tuple(_parse_member(one) for one in values["members"])
        return Classroom(str(values["name"]), Limits.from_dict(values["limits"]), members)
    except (OSError, ValueError, TypeError, LookupError, ConfigError) as error:
        raise ClassError(
            "The file of the class is damaged: {file}.", file=f"class/{file.name}"
        ) from error


def _parse_member(values: Any) -> Member:
    texts = [values[name] for name in ("id", "name", "role", "account", "created")]
    code = CodeHash(values["code"]["scrypt_salt"], values["code"]["scrypt"])
    is_whole = all(isinstance(one, str) for one in (*texts, code.salt, code.digest))
    if not is_whole or texts[2] not in (TEACHER, PUPIL) or make_name(texts[0]) != texts[0]:
        raise ValueError(json.dumps(texts, default=str))
    bytes.fromhex(code.salt + code.digest)
    return Member(texts[0], texts[1], texts[2], code, texts[3], texts[4])


def _with(room: Classroom, member: Member) -> tuple[Member, ...]:
    return tuple(member if one.id == member.id else one for one in room.members)


def _plain(name: str) -> str:
    return " ".join(normalize_name(name).split()).casefold()


def _checked(name: str) -> str:
    """A name in one line, without what nobody can see.

    Raises:
        ClassError: nothing is left, or too much.
    """
    found = " ".join(remove_controls(normalize_name(name)).split())
    if not 0 < len(found) <= MAX_NAME:
        raise ClassError("A name has 1 to {most} characters.", most=MAX_NAME)
    return found


def _require_free(name: str, account: str, room: Classroom) -> None:
    if room.find(name):
        raise ClassError(
            "{name!r} is in the class already. Add something to the name to tell them apart.",
            name=name,
        )
    if account and room.by_account(account):
        raise ClassError("The address {account!r} is another member's already.", account=account)
