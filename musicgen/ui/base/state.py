"""The session state of a browser session under typed names: what other code reads or sets.

All slots are in one namespace, so each name begins with its page. A widget that nothing else asks
has a literal key that begins with its page as well.

Threads never touch these: Streamlit drops what they write without a word.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.sampling.composer import Composition

T = TypeVar("T")


def put(key: str, value: object) -> None:
    """Sets what a widget that is drawn next shows, unless that is what it shows: see `Slot.hold`.

    The widget has ``persist_state="session"``: in a popover that nobody has opened the browser
    would show an empty field else, and send that as what was typed, once it is opened.

    Args:
        key: Of the widget.
        value: What it is to show.
    """
    known = st.session_state.get(key)
    is_plain = isinstance(value, bool | int | float | str)
    if not (is_plain and type(known) is type(value) and known == value):
        st.session_state[key] = value


@dataclass(frozen=True, slots=True)
class Slot(Generic[T]):
    """One remembered value: its name in session state, and what holds until it is set."""

    name: str
    default: T

    def get(self) -> T:
        """The value, or the default."""
        return cast(T, st.session_state.get(self.name, self.default))

    def set(self, value: T) -> None:
        """Stores a value. A widget's slot can only be set before the widget is drawn.

        What is there already is not set anew: see `hold`.
        """
        put(self.name, value)

    def hold(self) -> None:
        """Gives a widget its default, before it is drawn for the first time.

        From then on its value lasts by ``persist_state="session"``, which each widget of a slot
        has. To write it anew in each run would tell the browser to show it so, and where somebody
        clicks during a run, the click would be taken back.
        """
        if self.name not in st.session_state:
            st.session_state[self.name] = self.default


MODEL = Slot("play_model", "")
TEMPERATURE = Slot("play_temperature", SampleConfig().temperature)
SEED: Slot[int | None] = Slot("play_seed", None)
TOP_K = Slot("play_top_k", 0)
TOP_P = Slot("play_top_p", 1.0)
PROMPT = Slot("play_prompt", "")
PROMPT_TYPED = Slot("play_prompt_typed", "")
"""What stands in the text box of the beginning; another prompt was put there by the page."""

PROMPT_TOLD: Slot[Any] = Slot("play_prompt_told", None)
"""What the text box last told of itself."""

PROMPT_LEFT = Slot("play_prompt_left", False)
"""Whether somebody just left that box with new words in it."""

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
LIKENESS = Slot("play_likeness", "")
BOOK = Slot("play_book", "")
CANDIDATES = Slot("play_candidates", 8)
IN_TIME = Slot("play_in_time", True)
INT8 = Slot("play_int8", False)
COUNT = Slot("play_count", 1)
LIVE = Slot("play_live", True)

SOUND: dict[str, Slot[Any]] = {
    name: Slot(f"sound_{name}", default)
    for name, default in {
        "instrument": "flute",
        "tempo_factor": 1.0,
        "lilt": 1.0,
        "ornaments": True,
        "accompaniment": "none",
        "drum": False,
        "melody_volume": 100,
        "chord_volume": 100,
        "bass_volume": 100,
        "drum_volume": 100,
        "transpose": 0,
        "chords": False,
    }.items()
}
"""How tunes are heard and written down, by the names of the settings."""

CLEF = Slot("reading_clef", "")
OCTAVE = Slot("reading_octave", 0)
"""Clef and octave in which one's instrument reads."""

READING_TAKEN = Slot("reading_taken", False)
"""Whether this visit has begun with the clef and the octave that are remembered."""

ENDLESS_SLEEP = Slot("endless_sleep", 0)
"""Minutes after which the endless row falls silent; 0 for never."""

ENDLESS_STYLE = Slot("endless_style", "mixed")
"""The dances that the endless row is made of."""

HELD_ON_EVERY_PAGE: tuple[Slot[Any], ...] = (
    MODEL, TEMPERATURE, SEED, TOP_K, TOP_P, PROMPT,
    RHYTHM, TONIC, MODE, METER, SECTIONS, BARS, RANGE, LIKENESS, BOOK,
    CANDIDATES, IN_TIME, INT8, *SOUND.values(), ENDLESS_STYLE, ENDLESS_SLEEP, COUNT, LIVE,
)  # fmt: skip
"""Values of widgets of Play and Endless, which every page holds on while theirs is not open."""

TINT = Slot("play_tint", True)
NOTE_NAMES = Slot("play_note_names", False)
VIEW = Slot("play_view", "score")
CHECKED_RANGE = Slot("play_checked_range", "")
LOOP = Slot("play_loop", False)
FIRST_BAR = Slot("play_first_bar", 1)
LAST_BAR = Slot("play_last_bar", 1)

VIEWING: tuple[Slot[Any], ...] = (TINT, NOTE_NAMES, VIEW, CHECKED_RANGE, LOOP, FIRST_BAR, LAST_BAR)
"""Values of the widgets around the score, held on while another page is open."""

VIEW_TAKEN = Slot("view_taken", False)
"""Whether this visit has begun with the notation that is remembered."""

INSTRUMENT_TAKEN = Slot("instrument_taken", False)
"""Whether this visit has begun with the instrument that is remembered."""

SELECTED: Slot[tuple[int, int] | None] = Slot("play_selected", None)
"""The first and last of the bars that are chosen in the score, counted from 0; None for none."""

REWRITING = Slot("play_rewriting", False)
"""Whether the dialog with other ways through the chosen bars is open, however often it is drawn."""

REWRITE_SEED = Slot("play_rewrite_seed", 0)
"""From where the ways to rewrite bars are drawn now."""

HEARD: Slot[tuple[int, str] | None] = Slot("play_heard", None)
"""Which of them is heard, -1 for the bars as they are, and a name for the click that asked."""

SEED_PUT: Slot[int | None] = Slot("play_seed_put", None)
"""The seed that the page itself put into its field last."""

NEXT_SEED: Slot[int | None] = Slot("play_next_seed", None)
"""The seed that the next click takes; its tune may be composed ahead."""

SEEDS_REPLACED: Slot[tuple[tuple[int | None, float], ...]] = Slot("play_seeds_replaced", ())
"""Seeds for which it put others there, and when (`time.monotonic`)."""

SEED_LOCKED = Slot("play_seed_locked", False)

PLAY_SESSION: Slot[Any] = Slot("play_session", None)
"""The `tune.play_session.PlaySession`: ask `tune.session_state` for it."""

VISIT = Slot("visit_name", "")
"""A name for this session, drawn by chance, under which its history is kept."""

VISIT_BEFORE = Slot("visit_before", "")
"""The visit that this session goes on from; empty for none."""

RENDERED_AHEAD: Slot[Any] = Slot("play_rendered_ahead", None)
"""The takes whose sound is ready."""

DELETED: Slot[Any] = Slot("favourites_deleted", None)
"""The `tunebook.Removed` of the favourite that was deleted last, and may be wanted back."""

SEEN: Slot[Any] = Slot("play_seen", None)
"""The `request.Request` that the controls made when this session last looked at them."""

ADDRESS: Slot[dict[str, str]] = Slot("play_address", {})
"""What the address said when this session last looked: a difference means a link was followed."""

ADDRESS_TOLD: Slot[dict[str, str]] = Slot("play_address_told", {})
"""What the browser told last of the address; empty on a page that was just opened. It tells the
same again until it has heard of a new tune: that is no link."""

NOVELTY_OPEN = Slot("play_novelty_open", False)
"""Whether one looks at what a tune shares with known ones."""

TUNEBOOK_TUNE = Slot("tunebook_tune", "")
"""The key of the tune of the tunebook that is looked at."""

TUNEBOOK_EDITING = Slot("tunebook_editing", False)
"""Whether its notes can be changed in the score."""

TUNEBOOK_DESK: Slot[Any] = Slot("tunebook_desk", None)
"""The `tunebook.text_history.Desk`: what is being changed. Ask that module for it."""

TUNEBOOK_VARIANT = Slot("tunebook_variant_seed", 0)
"""The seed of the variant that is heard."""

TUNEBOOK_AROUND: Slot[tuple[str, str, int] | None] = Slot("tunebook_around_asked", None)
"""The key of the tune around which a set was composed, the model that did, and the seed."""

TUNEBOOK_FIRST = Slot("tunebook_first_bar", 1)
TUNEBOOK_LAST = Slot("tunebook_last_bar", 1)
"""Numbers of the first and last bar in the fields that choose bars."""

TUNEBOOK_SELECTED: Slot[tuple[int, int] | None] = Slot("tunebook_selected", None)
"""The first and last of the bars that are chosen in its score, counted from 0; None for none."""

TUNEBOOK_LINK = Slot("tunebook_link", "")
"""The tune that the address named when this session last looked."""

TUNEBOOK_UPLOADS = Slot("tunebook_uploads", 0)
"""How often tunes were brought: each time the form is a fresh one."""

"""The `tunebook_archive.Imported` that is to be told."""

TUNEBOOK_REMOVED: Slot[Any] = Slot("tunebook_removed_tune", None)
"""The `tunebook.Removed` that may be wanted back."""

TUNEBOOK_SET = Slot("tunebook_set", "")
"""The name of the set that is looked at; empty for a new one."""

TUNEBOOK_PARTS: Slot[tuple[tuple[str, int, int], ...]] = Slot("tunebook_parts", ())
"""The set that is put together: key, times and semitones of each tune."""

TUNEBOOK_PLAYED = Slot("tunebook_played", False)
"""Whether that set is to be heard."""

TUNEBOOK_PLAYS = Slot("tunebook_plays", 0)
"""How often a set was asked to be played: each time it starts by itself."""

TUNEBOOK_FILE: Slot[Any] = Slot("tunebook_file", None)
"""The file that was made last: its name, its media type, its bytes."""

PRACTISE_ABC = Slot("practise_abc", "")
"""The text of the tune on the music stand; empty for none."""

PRACTISE_SET: Slot[tuple[tuple[str, str], ...]] = Slot("practise_set", ())
"""Title and text of each tune of the set that is on the stand."""

PRACTISE_PART = Slot("practise_part", 0)
"""Which of them is before one."""

PRACTISE_OFFERS: Slot[dict[str, str]] = Slot("practise_offers", {})
"""Texts of tunes by the names that links to Practise give them."""

PRACTISE_LINK = Slot("practise_link", "")
"""The tune that the address named when this session last looked."""

CORPUS = Slot("corpus_name", "")
"""The corpus that is looked at."""

CORPUS_MADE = Slot("corpus_made", "")
"""The corpus that was just made and is still to be spoken of; empty for none."""

TRAIN_SETTINGS = Slot("train_settings", False)
"""Whether the settings of Train are open from the start, for one was chosen elsewhere."""

UPLOADS = Slot("corpus_uploads", 0)
"""Corpora made in this session: after each the form begins anew."""

LIBRARIES: Slot[dict[str, frozenset[str]]] = Slot("libraries", {})
"""The libraries that each page of this session has asked for, by the hash of its script."""
FAILURE: Slot[MusicgenError | None] = Slot("failure", None)
"""The error of what was last asked for with a click; None where it was done."""

FAILURE_IS_NEW = Slot("failure_is_new", False)
FAILURE_IS_SHOWN = Slot("failure_is_shown", True)
"""Whether the page has not shown it yet."""

REDRAWN = Slot("redrawn", False)
"""Whether the page is drawn anew by itself, without anybody having done anything."""

MEMBER = Slot("member", "")
"""The id of the member of a class whose session this is; empty where there is none."""

CLASS_MEMBER = Slot("classroom_member", "")
"""The id of the member whose work is looked at on the teacher's board."""

CLASS_CODES: Slot[tuple[Any, ...]] = Slot("classroom_new_codes", ())
"""The `classroom.roster.NewCode`s that were just made, and are shown once."""

PAGE = Slot("page", "")
"""The page that was drawn last, by its title."""

WATCHED = Slot("train_watched", "")
"""The run that was seen training since Train was opened; empty for none."""

ESTIMATED: Slot[Any] = Slot("train_estimated", None)
"""The settings that were to be estimated when somebody last asked for it."""

NO_ROOM: Slot[Any] = Slot("train_no_room", None)
"""The settings, and the model to start from, that this machine has no room for."""

VISITS = Slot("visits", 0)
"""Pages drawn for this session so far; at the first, nobody has clicked on anything yet."""

REPORT = Slot("evaluate_report", "")
"""The report that is looked at; empty for the newest."""

STUDY = Slot("listen_study", "")
"""The listening study that is looked at; empty for the newest."""

ADAPTED = Slot("listen_adapted", 0)
"""The number of the adaptation that this session saw under way."""

LISTENER = Slot("listen_listener", "")
"""The random id under which somebody takes part in a study; empty before."""

LISTEN_RESTED = Slot("listen_rested", -1)
"""The place in a listener's row at which the last break ended."""

LISTEN_SHOWN: Slot[tuple[str, int, float]] = Slot("listen_shown", ("", -1, 0.0))
"""The listener and the pair on the screen, and since when (`time.monotonic`)."""

LISTEN_HEARD = Slot("listen_heard", "")
"""The listener and the pair, as one text, of which all tunes were heard for some seconds."""

ENDLESS_PLAYING = Slot("endless_playing", -1)
"""Number of the tune of the endless row that sounds; -1 for none."""

ON_AIR: Slot[Any] = Slot("endless_on_air", None)
"""The `on_air.PlaybackSession` of this session; None where nothing is played."""

OPENED_RUN = Slot("train_opened", "")
"""The run on disk whose curves and tunes are shown on Train; empty for none."""

SHIP_MODEL = Slot("ship_model", "")
SHIP_ASKED = Slot("ship_asked", "")
"""The model that the address of Ship asked for last."""

SHIP_MADE: Slot[Any] = Slot("ship_made", None)
"""The `smaller.Made` of this session: which model was made smaller last; None before."""

SHIP_TAKEN = Slot("ship_taken", ("", ""))
"""Model and format of what is to be taken away."""

SHIP_PAIR: Slot[tuple[Composition, ...]] = Slot("ship_heard", ())
SHIP_ANSWER = Slot("ship_answer", "")

SWEEP_CELL = Slot("compare_cell", 0)
"""The combination of a sweep that is looked at; 0 for none."""
