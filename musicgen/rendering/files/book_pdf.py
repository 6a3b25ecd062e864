"""A tunebook as one PDF file: contents, sets, tunes with a code to scan, beginnings and indexes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from musicgen.config import Paths, Settings, setting
from musicgen.errors import EngravingError, NotationError, TunebookError
from musicgen.library.book_tune import BookSet, BookTune, key_of
from musicgen.notation.analysis.clefs import CLEFS
from musicgen.notation.analysis.fingering import FINGERINGS
from musicgen.notation.display.excerpt import cut_bars
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import MOST_OCTAVES, PlaybackSettings

if TYPE_CHECKING:
    from musicgen.engraving.book import BookWords, PrintedSet, PrintedTune
    from musicgen.engraving.engraver import Engraving
    from musicgen.engraving.pages import TuneNames

PAPERS = ("a4", "a5", "letter")
LAYOUTS = ("tunes", "incipits", "both")
CODES = ("abc", "link", "none")
MAX_ADDRESS = 200

NOTATIONS = ("staff", "jianpu")

_INCIPIT_BARS = 2
_SHORT_FIELDS = "TRMLQKP"


@dataclass(frozen=True)
class BookSettings(Settings):
    """How a book is printed.

    Raises:
        ConfigError: a value is out of its bounds.
    """

    title: str = setting("Tunebook", "Title of the book.", max_length=80)
    paper: str = setting("a4", "Size of the paper.", choices=PAPERS)
    layout: str = setting(
        "tunes", "Whole tunes, their beginnings in two columns, or both.", choices=LAYOUTS
    )
    code: str = setting(
        "abc", "What the QR code of a tune holds: its notes as ABC, or a link.", choices=CODES
    )
    fingering: str = setting("", "How the notes are played, below them.", choices=("", *FINGERINGS))
    address: str = setting(
        "", "Address at which others reach this program, for links.", max_length=MAX_ADDRESS
    )
    notation: str = setting(
        "staff", "Staff notation, or numbered notation (jianpu).", choices=NOTATIONS
    )
    clef: str = setting("", "The clef of the music.", choices=("", *CLEFS))
    octave: int = setting(0, "Octaves it is written higher or lower.", -MOST_OCTAVES, MOST_OCTAVES)
    is_set: bool = setting(False, "The tunes of a set, without contents and indexes.")


@dataclass(frozen=True)
class PrintedPdf:
    """The file, and why tunes in it have no music: title and reason."""

    data: bytes
    missing: tuple[tuple[str, EngravingError], ...] = ()


def tune_link(address: str, tune: BookTune) -> str:
    """The address of a tune in the tunebook of a program that is reached at `address`."""
    return f"{address.rstrip('/')}/Tunebook?tune={tune.key[:8]}"


def short_abc(tune: Tune) -> str:
    """The least that is needed to play a tune: title, meter, key and notes, for a code."""
    lines = tune.text[: tune.body_start].replace("\r", "\n").split("\n")
    head = [line.strip() for line in lines if line[:1] in _SHORT_FIELDS and line[1:2] == ":"]
    body = [line.strip() for line in tune.text[tune.body_start :].split("\n")]
    kept = [line for line in body if line and not line.startswith(("%", "N:", "w:", "W:"))]
    return "\n".join(["X:1", *filter(None, head), *kept])


def write_book(
    tunes: Sequence[BookTune],
    sets: Sequence[BookSet],
    settings: BookSettings,
    paths: Paths,
    words: "BookWords | None" = None,
    names: "TuneNames | None" = None,
) -> PrintedPdf:
    """A PDF file of tunes in their order, and of the sets all of whose tunes are among them.

    Raises:
        TunebookError: there are no tunes, or links are wanted and no address is given.
        SetupError: what draws music is not here.
    """
    from musicgen.engraving.book import PAPERS as SIZES
    from musicgen.engraving.book import BookWords, PrintedBook, lay_out_book
    from musicgen.engraving.pages import TuneNames
    from musicgen.engraving.pdf import write_pdf

    if not tunes:
        raise TunebookError("There is nothing to print: no tune was chosen.")
    if settings.code == "link" and not settings.address.startswith(("http://", "https://")):
        raise TunebookError(
            "A link needs the address at which others reach this program, such as "
            "http://192.168.1.20:8501."
        )
    names = names or TuneNames()
    drawn: Sequence[Engraving | EngravingError] = ()
    has_tunes = settings.layout != "incipits"
    if has_tunes:
        drawn = _draw([_as_read(tune.tune, settings) for tune in tunes], settings, paths)
    missing = tuple(
        (tune.title, one)
        for tune, one in zip(tunes, drawn, strict=False)
        if isinstance(one, EngravingError)
    )
    paper = SIZES[settings.paper]
    printed = [
        _print_tune(tune, drawn[place] if has_tunes else None, settings, paper.qr, names)
        for place, tune in enumerate(tunes)
    ]
    known = {tune.key for tune in tunes}
    book = PrintedBook(
        settings.title,
        tuple(printed),
        tuple(
            _print_set(one, {tune.key: tune for tune in tunes}, names)
            for one in sets
            if {part.key for part in one.tunes} <= known
        ),
        _draw_incipits(tunes, settings, paths) if settings.layout != "tunes" else (),
        has_tunes,
        has_contents=not settings.is_set,
        has_indexes=not settings.is_set,
        words=words or BookWords(),
    )
    data = write_pdf(lay_out_book(book, paper), settings.title, subject="tunebook")
    return PrintedPdf(data, missing)


def _print_tune(
    tune: BookTune,
    drawn: "Engraving | EngravingError | None",
    settings: BookSettings,
    size: float,
    names: "TuneNames",
) -> "PrintedTune":
    from musicgen.engraving.book import PrintedTune
    from musicgen.engraving.pages import describe_tune
    from musicgen.engraving.qr import qr_outline

    address = tune_link(settings.address, tune) if settings.code == "link" else ""
    code = short_abc(tune.tune) if settings.code == "abc" else address
    people = [value for letter, value in tune.tune.fields if letter in "CO" and value]
    is_missing = isinstance(drawn, EngravingError)
    return PrintedTune(
        tune.key,
        tune.title,
        " · ".join(filter(None, [describe_tune(tune.tune, names), *people])),
        None if isinstance(drawn, EngravingError) else drawn,
        remark=str(drawn) if is_missing else "",
        note=tune.note.partition("\n")[0],
        qr=qr_outline(code, size),
        address=address,
        rhythm=names.rhythm(tune.rhythm),
        music_key=names.key(tune.music_key),
    )


def _print_set(wanted: BookSet, tunes: Mapping[str, BookTune], names: "TuneNames") -> "PrintedSet":
    from musicgen.engraving.book import PrintedSet

    parts = []
    for part in wanted.tunes:
        how = f" ×{part.repeats}" if part.repeats > 1 else ""
        if part.transpose:
            key = names.key(key_of(tunes[part.key], part.transpose))
            how += f" ({part.transpose:+d}: {key})"
        parts.append((part.key, how))
    return PrintedSet(wanted.name, tuple(parts))


def _as_read(tune: Tune, settings: BookSettings) -> Tune:
    """A tune in the clef and the octave of the book; as it is where it cannot be written so."""
    try:
        return PlaybackSettings(clef=settings.clef, octave=settings.octave).apply_to(tune)
    except NotationError:
        return tune


def _draw(
    tunes: Sequence[Tune], settings: BookSettings, paths: Paths, width: float | None = None
) -> "list[Engraving | EngravingError]":
    """Tunes in the notation of the book, with fingerings where they have whole lines."""
    from musicgen.engraving.engraver import STAFF_WIDTH, engrave_many, engrave_numbers

    engrave = engrave_numbers if settings.notation == "jianpu" else engrave_many
    fingering = settings.fingering if width is None else ""
    if settings.notation == "jianpu" and fingering == "numbers":
        fingering = ""
    return engrave(tunes, paths, width or STAFF_WIDTH, fingering=fingering)


def _draw_incipits(
    tunes: Sequence[BookTune], settings: BookSettings, paths: Paths
) -> "tuple[Engraving | None, ...]":
    from musicgen.engraving.book import INCIPIT_WIDTH

    cuts = [_cut_incipit(_as_read(tune.tune, settings)) for tune in tunes]
    drawn = _draw(cuts, settings, paths, INCIPIT_WIDTH)
    return tuple(None if isinstance(one, EngravingError) else one for one in drawn)


def _cut_incipit(tune: Tune) -> Tune:
    """The first bars of a tune, a pickup not counted."""
    bars = [bar for bar in tune.bars if bar.notes]
    if not bars:
        return tune
    is_pickup = bars[0].expected is not None and bars[0].actual < bars[0].expected
    last = bars[: _INCIPIT_BARS + is_pickup][-1]
    cut = cut_bars(tune, bars[0].start, last.end)
    return cut[0] if cut else tune


@dataclass(frozen=True, slots=True)
class BookChoice:
    """Which tunes of a book are taken, and their order: by ``title``, ``rhythm`` or ``added``."""

    order: str = "title"
    keys: tuple[str, ...] = field(default=())

    def pick(self, tunes: Sequence[BookTune]) -> list[BookTune]:
        """The tunes that were chosen; all where none was."""
        chosen = [tune for tune in tunes if not self.keys or tune.key in self.keys]
        if self.order == "added":
            return sorted(chosen, key=lambda tune: tune.created)
        if self.order == "rhythm":
            return sorted(chosen, key=lambda tune: (tune.rhythm.casefold(), tune.title.casefold()))
        return sorted(chosen, key=lambda tune: tune.title.casefold())
