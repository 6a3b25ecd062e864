"""What a browser session remembers, under typed names: the only ones used in session state.

Threads never touch these: Streamlit drops what they write without a word.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import streamlit as st

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slot(Generic[T]):
    """One remembered value: its name in session state, and what holds until it is set."""

    name: str
    default: T

    def get(self) -> T:
        """The value, or the default."""
        return cast(T, st.session_state.get(self.name, self.default))

    def set(self, value: T) -> None:
        """Remembers a value. A widget's slot can only be set before the widget is drawn."""
        st.session_state[self.name] = value

    def hold(self) -> None:
        """Makes a widget's value last while its page is not open; before the widget is drawn."""
        st.session_state[self.name] = self.get()


MODEL = Slot("play_model", "")
TEMPERATURE = Slot("play_temperature", 0.8)
SEED: Slot[int | None] = Slot("play_seed", None)
TOP_K = Slot("play_top_k", 0)
TOP_P = Slot("play_top_p", 1.0)
PROMPT = Slot("play_prompt", "")
PROMPT_TYPED = Slot("play_prompt_typed", "")
"""What stands in the text box of the beginning; another prompt was put there by the page."""

PROMPT_TOLD: Slot[Any] = Slot("play_prompt_told", None)
"""What the text box last told of itself."""

PROMPT_REVISION = Slot("play_prompt_revision", 0)
"""How often the page has put another text into that box."""

PROMPT_FILE = Slot("play_prompt_file", "")
"""The upload that the last beginning was taken from."""

RHYTHM = Slot("play_rhythm", "")
TONIC = Slot("play_tonic", "")
MODE = Slot("play_mode", "Major")
METER = Slot("play_meter", "")
SECTIONS = Slot("play_sections", 0)
BARS = Slot("play_bars", 0)
RANGE = Slot("play_range", "")
IN_TIME = Slot("play_in_time", True)
COUNT = Slot("play_count", 1)
LIVE = Slot("play_live", True)

SETTINGS: tuple[Slot[Any], ...] = (
    MODEL, TEMPERATURE, SEED, TOP_K, TOP_P, PROMPT,
    RHYTHM, TONIC, MODE, METER, SECTIONS, BARS, RANGE, IN_TIME,
    COUNT, LIVE,
)  # fmt: skip
"""Values of the widgets of Play, held on while another page is open."""

SEED_LOCKED = Slot("play_seed_locked", False)

WANTED: Slot[Any] = Slot("play_wanted", None)
"""The `address.Request` whose tune is to be on the screen; None before the first."""

SHOWN: Slot[Any] = Slot("play_shown", None)
"""The `player.Performance` that is on the screen."""

HISTORY: Slot[Any] = Slot("play_history", None)
"""The `history.History` of this session; None before the first tune."""

RECALLED = Slot("play_recalled", False)
"""Whether the wanted tune is to be taken from the history, without composing it again."""

RENDERED_AHEAD: Slot[Any] = Slot("play_rendered_ahead", None)
"""The takes whose sound is ready."""

DELETED: Slot[Any] = Slot("favourites_deleted", None)
"""The `favourites.Favourite` that was deleted last, and may be wanted back."""

SEEN: Slot[Any] = Slot("play_seen", None)
"""The `address.Request` that the controls made when this session last looked at them."""

ADDRESS: Slot[dict[str, str]] = Slot("play_address", {})
"""What the address said when this session last looked: a difference means a link was followed."""

CORPUS = Slot("corpus_name", "")
"""The corpus that is looked at."""

CORPUS_MADE = Slot("corpus_made", "")
"""The corpus that was just made and is still to be spoken of; empty for none."""

UPLOADS = Slot("corpus_uploads", 0)
"""Corpora made in this session: after each the form begins anew."""

VISITS = Slot("visits", 0)
"""Pages drawn for this session so far; at the first, nobody has clicked on anything yet."""

AUTOPLAY = Slot("play_autoplay", False)
"""Whether the tune on the screen was asked for by a click, so that the browser lets it sound."""

OPENED_RUN = Slot("train_opened", "")
"""The run on disk whose curves and tunes are shown on Train; empty for none."""
