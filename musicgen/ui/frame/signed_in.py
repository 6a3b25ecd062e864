"""Who is signed in, on every page of a class; and what stands there instead if nobody is."""

import html

import streamlit as st
from streamlit import config

from musicgen.ui.base import membership, state
from musicgen.ui.base.language import _, chosen_language
from musicgen.ui.base.words import plain

SIGN_IN, SIGN_OUT = "sign-in", "sign-out"
"""The paths at which one signs in and out, below the server's own."""


def path_of(name: str) -> str:
    """Where the server answers by that name, behind a proxy that gives it a path as well."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/{name}" if base else f"/{name}"


def require_sign_in() -> None:
    """Ends the page with the way to sign in, where there is a class and nobody is signed in.

    A session that comes back as another member, over a connection that broke, begins anew.
    """
    if not membership.is_class():
        return
    member = membership.member()
    if member is None:
        _invite()
        st.stop()
    if state.MEMBER.get() not in ("", member.id):
        st.session_state.clear()
        state.MEMBER.set(member.id)
        st.rerun()
    state.MEMBER.set(member.id)


def who_is_here() -> None:
    """The member's name, and the way out; in the sidebar."""
    member = membership.member()
    if member is None:
        return
    with st.container(key="who_is_here"):
        st.caption(_("Signed in as {name}").format(name=f"**{plain(member.name)}**"))
        _way_out()


def _way_out() -> None:
    if membership.is_school_login():
        st.button(_("Sign out"), key="sign_out", icon=":material/logout:", on_click=st.logout)
        return
    _link(SIGN_OUT, _("Sign out"))


def _invite() -> None:
    st.title(_("Sign in"), anchor=False)
    if membership.is_school_login():
        address = membership.school_address() or "–"
        st.warning(
            _("Nobody in this class has the address {address}. Ask your teacher to add it.").format(
                address=plain(address)
            ),
            icon=":material/person_off:",
        )
        st.button(_("Sign out"), key="sign_out", icon=":material/logout:", on_click=st.logout)
        return
    st.write(_("This server is for a class."))
    if membership.has_school_login():
        st.button(
            _("Sign in with your school account"), key="sign_in_school", type="primary",
            icon=":material/school:", on_click=st.login,
        )  # fmt: skip
    _link(SIGN_IN, _("Sign in with name and code"))


def _link(path: str, label: str) -> None:
    """A link to what is no page of Streamlit's, in the same tab."""
    language = chosen_language()
    ending = f"?lang={language}" if language else ""
    where = html.escape(path_of(path) + ending)
    st.html(f'<a href="{where}" target="_self">{html.escape(label)}</a>')
