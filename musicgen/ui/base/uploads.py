"""How large an uploaded file may be: never larger than what the server takes."""

import streamlit as st


def upload_limit_mb(most_mb: int) -> int:
    """Megabytes that an uploader may ask for and the server will take.

    An uploader that allows more than ``server.maxUploadSize`` lets a file go off that the server
    then refuses with an error of the network.

    Args:
        most_mb: What the page itself can do with.
    """
    return max(1, min(most_mb, int(st.get_option("server.maxUploadSize"))))
