"""How large an uploaded file may be: never larger than what the server takes."""

import streamlit as st

from musicgen.ui.base import membership


def upload_limit_mb(most_mb: int) -> int:
    """Megabytes that an uploader may ask for and the server will take.

    An uploader that allows more than ``server.maxUploadSize`` lets a file go off that the server
    then refuses with an error of the network.

    Args:
        most_mb: What the page itself can do with; in a class no more than its limit.
    """
    limits = membership.limits()
    allowed = limits.upload_mb if limits else most_mb
    return max(1, min(most_mb, allowed, int(st.get_option("server.maxUploadSize"))))
