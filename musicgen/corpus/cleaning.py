"""From the text of a tunebook to clean tunes, with a report of all that was mended or left out.

A clean tune is one tune's text from its ``X:`` to its last note, without blank lines in it or
around it and with line feeds as line ends. What a tune says is never changed.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from musicgen.corpus.lab import join_snippets, read_snippets
from musicgen.notation.fingerprint import interval_fingerprint
from musicgen.notation.reader import read_tune
from musicgen.notation.tunebook import split_tunebook


@dataclass(frozen=True, slots=True)
class CorpusTune:
    """A clean tune and what is needed to tell it from others.

    `fingerprint` is the same for the same melody in any key; empty where there is no melody.
    """

    source: str
    reference: str
    title: str
    text: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the cleaning did or noticed. `line` counts from 1 in the file."""

    kind: str
    file: str
    line: int
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """All findings for one source, and how many tunes were kept."""

    source: str
    kept: int
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, int]:
        """How many findings of each kind."""
        return dict(Counter(finding.kind for finding in self.findings))


@dataclass(frozen=True, slots=True)
class LabReading:
    """How the lab's loader reads its file, beside what is in it."""

    snippets: int
    characters: int
    distinct_characters: int
    read_twice: tuple[str, ...]
    fragments: tuple[str, ...]
    lost: tuple[str, ...]


MEND_KINDS = {
    "joined": "a blank line cut the tune in two; it was joined",
    "duplicate": "the same text again; left out",
    "no notes": "there is no note in it; left out",
    "variant": "the same melody under another number; kept on the same side of the split",
}


def clean_tunebook(
    source: str, files: Iterable[tuple[str, str]]
) -> tuple[list[CorpusTune], CleaningReport]:
    """Clean tunes of a source's files (name, text), and the report.

    Exact repetitions and tunes without notes are left out; variants of one melody are kept and
    reported. Empty input gives no tunes.
    """
    tunes: list[CorpusTune] = []
    findings: list[Finding] = []
    texts: set[str] = set()
    melodies: dict[str, str] = {}
    for file, book in files:
        for piece in split_tunebook(book):
            tune = _clean_tune(source, piece.text)
            place = (file, piece.start_line, tune.title)
            if _is_cut(piece.text):
                findings.append(Finding("joined", *place, MEND_KINDS["joined"]))
            content = re.sub(r"^X:.*\n", "", tune.text)
            if content in texts:
                findings.append(Finding("duplicate", *place, MEND_KINDS["duplicate"]))
                continue
            if not tune.fingerprint:
                findings.append(Finding("no notes", *place, MEND_KINDS["no notes"]))
                continue
            if tune.fingerprint in melodies:
                detail = f"the same melody as {melodies[tune.fingerprint]!r}; kept"
                findings.append(Finding("variant", *place, detail))
            texts.add(content)
            melodies.setdefault(tune.fingerprint, tune.title)
            tunes.append(tune)
    return tunes, CleaningReport(source, len(tunes), tuple(findings))


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


def _clean_tune(source: str, text: str) -> CorpusTune:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    clean = "\n".join(lines)
    tune, _ = read_tune(clean)
    fingerprint = interval_fingerprint(tune)
    return CorpusTune(source, tune.reference, tune.title, clean, fingerprint)


def _is_cut(text: str) -> bool:
    return bool(re.search(r"\n[ \t]*\n", text.strip()))


def _title(text: str) -> str:
    match = re.search(r"^T:[ \t]*(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else text[:30]
