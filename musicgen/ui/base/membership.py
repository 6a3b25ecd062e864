"""Who is at the other end of this session, where the app serves a class (`MUSICGEN_CLASS`).

A member is known by the sign in a cookie that only the server can read and write (`frame/door.py`),
or by the school's own login, where one is set up in Streamlit's secrets. Without a class there are
no members: whoever reaches the server works in its own home.
"""

import os
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import ClassStore, Member
from musicgen.classroom.signing_in import SignIns
from musicgen.config import Paths
from musicgen.errors import ClassError

SWITCH = "MUSICGEN_CLASS"
"""The environment variable by which the pages serve a class."""

COOKIE = "musicgen_class"


def is_class() -> bool:
    """Whether this server serves a class."""
    return os.environ.get(SWITCH, "") not in ("", "0")


def class_store() -> ClassStore:
    """The class of this server."""
    return ClassStore(Paths.default())


def sign_ins() -> SignIns:
    """Who signs in and out: one for the process."""
    return _sign_ins(Paths.default())


@st.cache_resource(show_spinner=False)
def _sign_ins(where: Paths) -> SignIns:
    return SignIns(ClassStore(where))


def member() -> Member | None:
    """The member whose session this is; None if nobody is signed in, or there is no class."""
    if not is_class():
        return None
    return sign_ins().member_of(sign_of_session()) or _member_of_school_login()


def sign_of_session() -> str:
    """What the browser of this session shows to be signed in; empty for nothing."""
    found: Any = st.context.cookies.get(COOKIE)
    return found if isinstance(found, str) else ""


def require_member() -> Member:
    """The member whose session this is.

    Raises:
        ClassError: nobody is signed in.
    """
    found = member()
    if found is None:
        raise ClassError("You are not signed in any more. Load the page anew.")
    return found


def member_paths() -> Paths:
    """Where the work of the member of this session lies.

    Raises:
        ClassError: nobody is signed in.
    """
    return class_store().paths_of(require_member())


def limits() -> Limits | None:
    """What this session may ask for; None where there are no limits."""
    found = member()
    return class_store().read().limits if found and not found.is_teacher else None


def most_drawings(wanted: int) -> int:
    """How many drawings of a tune this session may choose from: as wanted, within its limits."""
    known = limits()
    return min(wanted, known.drawings) if known else wanted


def has_school_login() -> bool:
    """Whether Streamlit's secrets name a login of somebody else (OpenID Connect)."""
    try:
        return is_class() and "auth" in st.secrets
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return False


def is_school_login() -> bool:
    """Whether this session is signed in by the login of the school, be it as a member or not."""
    return has_school_login() and bool(getattr(st.user, "is_logged_in", False))


def school_address() -> str:
    """The address that the school's login vouches for; empty for none."""
    if not is_school_login():
        return ""
    address, is_verified = st.user.get("email"), st.user.get("email_verified", True)
    return address if isinstance(address, str) and is_verified is True else ""


def _member_of_school_login() -> Member | None:
    address = school_address()
    return class_store().read().by_account(address) if address else None
