"""Whether somebody sits at the machine that serves the pages: its owner, as far as one can know."""

import os

import streamlit as st

from musicgen.ui.base import membership

OWNERS = "MUSICGEN_OWNER"
"""The environment variable with further addresses that are the owner's, with commas in between."""

_PASSED_ON = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
"""Headers by which a proxy says that somebody else asks."""


def is_owner() -> bool:
    """Whether this visit comes from the machine itself, and not through a proxy on it.

    There is no login: this hides what visitors need not see, and is no lock. Where the server
    serves a class, there is one, and the owners are the teachers.
    """
    if membership.is_class():
        found = membership.member()
        return found is not None and found.is_teacher
    address = st.context.ip_address  # nothing for this machine itself
    named = {part.strip() for part in os.environ.get(OWNERS, "").split(",")}
    if isinstance(address, str) and address:
        return address in named
    return not any(name in st.context.headers for name in _PASSED_ON)
