"""Links from page to page; each keeps the language that was chosen."""

import streamlit as st

from musicgen.ui.base.language import _, chosen_language

MODEL_PARAMETER = "model"
"""What the address of Play and of Ship calls the model."""

CORPUS_PARAMETER = "corpus"
"""What the address of Train calls the corpus to learn from."""

START_PARAMETER = "from"
"""What the address of Train calls the model that is to learn on."""


def play_link(model: str, step: int, label: str, key: str) -> None:
    """A link to Play where a model composes on arrival, another tune for each step it was saved."""
    parameters = kept_parameters() | {"model": model, "seed": str(step)}
    with st.container(key=f"link_{key}", width="content"):
        st.page_link("app.py", label=label, icon=":material/music_note:", query_params=parameters)


def play_page_link(label: str) -> None:
    """A link to Play, where tunes are composed."""
    with st.container(key="link_play", width="content"):
        st.page_link(
            "app.py", label=label, icon=":material/music_note:", query_params=kept_parameters()
        )


def train_link(label: str = "", corpus: str = "", start: str = "") -> None:
    """A link to Train, for those who have no model yet, or who found what is to be learned from,
    or which model is to learn on.
    """
    wanted = {CORPUS_PARAMETER: corpus, START_PARAMETER: start}
    parameters = kept_parameters() | {key: value for key, value in wanted.items() if value}
    with st.container(key="link_train", width="content"):
        st.page_link(
            "pages/Train.py",
            label=label or _("Train a model"),
            icon=":material/model_training:",
            query_params=parameters,
        )


def ship_link(model: str, key: str) -> None:
    """A link to Ship, where a model is made smaller and taken away."""
    with st.container(key=f"link_ship_{key}", width="content"):
        st.page_link(
            "pages/Ship.py",
            label=_("Take this model with you"),
            icon=":material/deployed_code:",
            query_params=kept_parameters() | {MODEL_PARAMETER: model},
        )


def kept_parameters() -> dict[str, str]:
    """What every link to another page carries: the language, if one was chosen."""
    language = chosen_language()
    return {"lang": language} if language else {}
