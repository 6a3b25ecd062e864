"""From the text of a tunebook to clean tunes, with a report of all that was mended or left out.

A clean tune is one tune's text from its ``X:`` to its last note, without blank lines in it or
around it and with line feeds as line ends. What a tune says is never changed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Any

from musicgen.corpus.described import find_rhythm
from musicgen.corpus.lab import join_snippets, read_snippets
from musicgen.json_reading import is_count
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.analysis.fingerprint import interval_fingerprint
from musicgen.notation.model import Problem, ProblemKind, Tune
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.prose import is_music, is_prose
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook
from musicgen.translatable import Sentence


@dataclass(frozen=True, slots=True)
class CorpusTune:
    """A clean tune and what is needed to tell it from others.

    `fingerprint` is the same for the same melody in any key; empty where there is no melody.
    `rhythm` is one of `described.RHYTHM_NAMES`, empty where nothing says it.
    """

    source: str
    reference: str
    title: str
    text: str
    fingerprint: str
    rhythm: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the cleaning did or noticed. `line` counts from 1 in the file.

    `template` and `values` are what the detail was made of, for those who say it in another
    language; the template is empty where the detail is what the kind means.
    """

    kind: str
    file: str
    line: int
    title: str
    detail: str
    template: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """All findings for one source, and how many tunes were kept."""

    source: str
    kept: int
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, int]:
        """How many findings of each kind."""
        return dict(Counter(finding.kind for finding in self.findings))

    @property
    def left_out(self) -> int:
        """How many tunes and files were left out."""
        return sum(finding.kind in DROPPED for finding in self.findings)


@dataclass(frozen=True, slots=True)
class LabReading:
    """How the lab's loader reads its file, next to what is in it."""

    snippets: int
    characters: int
    distinct_characters: int
    read_twice: tuple[str, ...]
    fragments: tuple[str, ...]
    lost: tuple[str, ...]


_NO_MUSIC_LINE = re.compile(r"\s*(?:[A-Za-z+]:(?![|:])|%|$)")

MEND_KINDS = {
    "joined": "a blank line cut the tune in two; it was joined",
    "duplicate": "the same text again; left out",
    "no notes": "there is no note in it; left out",
    "too long": "it is longer than any tune; left out",
    "variant": "the same melody under another number; kept on the same side of the split",
    "not in time": "a bar does not keep time; kept",
    "unclear": "something in it could not be read as it stands; kept",
    "left out": "something beside its melody was left out, such as another voice; kept",
    "characters": "control characters in it were removed",
    "fields": "fields from the head of the file were written into it",
    "numbered": "it had no number (X:); it was given one",
    "prose": "lines that are no music were left out of it",
    "from MIDI": "its melody was written down from MIDI",
    "no tune": "there is no tune in the file",
    "not text": "it is no text file; left out",
    "not MIDI": "it cannot be read as MIDI; left out",
    "not known": "only ABC and MIDI files are read; left out",
}
"""What each kind of finding means."""

DROPPED = frozenset(
    {"duplicate", "no notes", "too long", "no tune", "not text", "not MIDI", "not known"}
)
"""Kinds of findings for which something was left out."""

_SPEC = re.compile(r"[,.]?\d?[a-z]?")


def check_finding(found: Finding) -> Finding:
    """A finding out of a file, without a template that cannot be filled.

    Raises:
        ValueError: it is none of the kinds there are, or a part of it is of the wrong type.
    """
    texts = (found.kind, found.file, found.title, found.detail, found.template)
    is_right = all(type(text) is str for text in texts) and is_count(found.line)
    if not (is_right and found.kind in MEND_KINDS and isinstance(found.values, Mapping)):
        raise ValueError("no finding")
    return found if _is_fillable(found) else replace(found, template="", values={})


def _is_fillable(found: Finding) -> bool:
    """Whether a template has plain places only (no attribute, no width), and values for them."""
    try:
        places = [place for place in Formatter().parse(found.template) if place[1] is not None]
        is_plain = all(
            str(name).isidentifier() and _SPEC.fullmatch(spec or "") for _, name, spec, _ in places
        )
        return is_plain and bool(found.template.format(**found.values) or True)
    except (ValueError, LookupError, TypeError, AttributeError):
        return False


KEPT_AS_IT_IS = frozenset({"variant", "not in time", "unclear", "left out"})
"""Kinds that are notes only; all others were mended."""

MAX_TUNE_CHARACTERS = 20_000
"""The longest of 13,000 tunes in the tunebooks known here has 2,438."""


@dataclass(frozen=True, slots=True)
class RawTune:
    """The text of one tune before it is cleaned, where it stood, and what was mended already.

    `mended` are pairs of a kind and a detail; an empty detail is what the kind means.
    """

    file: str
    line: int
    text: str
    mended: tuple[tuple[str, str], ...] = ()


def clean_tunebook(
    source: str, files: Iterable[tuple[str, str]]
) -> tuple[list[CorpusTune], CleaningReport]:
    """Clean tunes of a source's files (name, text), and the report.

    Exact repetitions, tunes without notes and texts that are too long for a tune are left out;
    variants of one melody, tunes with bars out of time and unclear ones are kept and reported.
    Empty input gives no tunes.
    """
    cleaner = Cleaner(source)
    for file, book in files:
        for piece in split_tunebook(book):
            cleaner.add(RawTune(file, piece.start_line, piece.text))
    return cleaner.tunes, cleaner.report()


class Cleaner:
    """Takes the pieces of a corpus one after the other; `tunes` are the clean ones so far."""

    def __init__(self, source: str) -> None:
        self.tunes: list[CorpusTune] = []
        self.findings: list[Finding] = []
        self._source = source
        self._texts: set[str] = set()
        self._melodies: dict[str, str] = {}

    def report(self) -> CleaningReport:
        """All that was found."""
        return CleaningReport(self._source, len(self.tunes), tuple(self.findings))

    def note(self, kind: str, file: str, line: int, title: str = "", detail: str = "") -> None:
        """Adds a finding; its detail is what the kind means if none is given."""
        said = detail or MEND_KINDS[kind]
        template = getattr(detail, "template", detail)
        values = {name: str(value) for name, value in getattr(detail, "values", {}).items()}
        self.findings.append(Finding(kind, file, line, title, str(said), template, values))

    def add(self, piece: RawTune) -> None:
        """Cleans a piece, and keeps or leaves it out."""
        if len(piece.text) > MAX_TUNE_CHARACTERS:
            self.note("too long", piece.file, piece.line, _title(piece.text[:2000]))
            return
        clean = _clean(piece.text)
        tune, problems = read_tune(clean)
        place = (piece.file, piece.line, tune.title)
        for kind, detail in piece.mended:
            self.note(kind, *place, detail)
        if _is_cut(piece.text):
            self.note("joined", *place)
        content = re.sub(r"^X:.*\n", "", clean)
        fingerprint = interval_fingerprint(tune)
        if content in self._texts:
            self.note("duplicate", *place)
            return
        if not fingerprint:
            self.note("no notes", *place)
            return
        if fingerprint in self._melodies:
            other = self._melodies[fingerprint]
            self.note(
                "variant", *place, Sentence("the same melody as {title!r}; kept", title=other)
            )
        self._texts.add(content)
        self._melodies.setdefault(fingerprint, tune.title)
        self._note_doubts(piece, tune, problems)
        rhythm = find_rhythm(clean, tune.rhythm)
        self.tunes.append(
            CorpusTune(self._source, tune.reference, tune.title, clean, fingerprint, rhythm)
        )

    def _note_doubts(self, piece: RawTune, tune: Tune, problems: tuple[Problem, ...]) -> None:
        place = (piece.file, piece.line, tune.title)
        unclear = [problem for problem in problems if problem.kind is ProblemKind.NOT_READ]
        if unclear:
            self.note("unclear", *place, unclear[0].message)
        elif problems:
            self.note("left out", *place, problems[0].message)
        bars = check_bars(tune)
        if bars.is_metered and not bars.is_in_time:
            first = bars.wrong[0]
            detail = Sentence(
                "bar {number} has {actual} quarter notes instead of {expected}; kept",
                number=number_bars(tune.bars)[first.index],
                actual=first.actual,
                expected=first.expected,
            )
            self.note("not in time", *place, detail)


def compare_with_lab(text: str) -> LabReading:
    """What the lab's loader makes of a tunebook: tunes read twice, cut in two and lost."""
    snippets = read_snippets(text)
    joined = join_snippets(snippets)
    bodies = Counter(snippet.strip("\n") for snippet in snippets)
    pieces = [piece.text for piece in split_tunebook(text)]
    fragments = [body for body in bodies if not body.startswith("X:")]
    lost = [p for p in pieces if not any(b and p.startswith(b) for b in _heads(p, bodies))]
    return LabReading(
        snippets=len(snippets),
        characters=len(joined),
        distinct_characters=len(set(joined)),
        read_twice=tuple(_title(body) for body, count in bodies.items() if count > 1),
        fragments=tuple(fragments),
        lost=tuple(_title(piece) for piece in lost),
    )


def _heads(piece: str, bodies: Counter[str]) -> list[str]:
    """The beginnings of a tune, up to a blank line or its end, that the lab's loader found."""
    beginnings = (piece.strip("\n"), piece.split("\n\n", 1)[0].strip("\n"))
    return [beginning for beginning in beginnings if beginning in bodies]


def _clean(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def _is_cut(text: str) -> bool:
    """Whether there is music behind an empty line: not just words, comments or directives."""
    before, *parts = re.split(r"\n(?:[ \t]*\n)+", plain_lines(text.strip()))
    has_music = _has_music(before)
    return any(_has_music(part, is_apart=has_music) for part in parts)


def _has_music(text: str, *, is_apart: bool = False) -> bool:
    lines = (line for line in text.split("\n") if not _NO_MUSIC_LINE.match(line))
    return any(is_music(line) or not (is_apart or is_prose(line)) for line in lines)


def _title(text: str) -> str:
    match = re.search(r"^T:[ \t]*(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else text[:30]
