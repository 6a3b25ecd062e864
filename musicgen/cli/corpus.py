"""``musicgen corpus``: tunebooks there are, fetching them, bringing one's own, what was found."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.output import overwrite_option, write_output
from musicgen.config import Paths
from musicgen.corpus.cleaning import CleaningReport, compare_with_lab
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.corpus.sources import (
    SOURCES,
    fetch_source,
    get_source,
    is_available,
    read_source_text,
)
from musicgen.corpus.statistics import write_csv
from musicgen.corpus.user_corpora import PREFIX, CorpusStore, OwnCorpus, Upload, check_total
from musicgen.errors import CorpusError


@click.group("corpus")
def corpus_group() -> None:
    """The tunebooks a network can learn from."""


@corpus_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the tunebooks, whether they are here, who may use them, and the corpora of one's own."""
    paths = Paths.default()
    rows = [
        {
            "name": source.name,
            "title": source.title,
            "available": is_available(source, paths),
            "free": source.is_free,
            "license": source.license,
        }
        for source in SOURCES.values()
    ]
    rows += [_own_row(corpus) for corpus in CorpusStore(paths.corpora).list()]
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        state = "here" if row["available"] else "not fetched"
        echo(f"{row['name']:<12} {state:<12} {row['title']}", f"{'':<25} {row['license']}")


def _own_row(corpus: OwnCorpus) -> dict[str, Any]:
    title = f"your own: {corpus.tunes} tunes of {len(corpus.files)} files"
    terms = "Your own files: you know who may use them."
    return {
        "name": corpus.name, "title": title, "available": True, "free": False, "license": terms,
    }  # fmt: skip


@corpus_group.command("add")
@click.argument("name")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@json_option
def add_command(name: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Keep the tunes of ABC and MIDI files as a corpus of this name.

    Train on it with: python -m musicgen train --set source=NAME
    """
    store = CorpusStore(Paths.default().corpora)
    store.check_name(name)
    check_total(sum(map(_size, files)))
    uploads = [Upload(file.name, _read(file)) for file in files]
    with tqdm(total=100, unit="%", delay=1, disable=as_json or None, file=sys.stderr) as bar:
        corpus = store.create(name, uploads, lambda share: bar.update(round(100 * share) - bar.n))
    _show_own(corpus, as_json, show_all=False)


@corpus_group.command("show")
@click.argument("name")
@click.option("--all", "show_all", is_flag=True, help="List every finding, not only their number.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the findings to a table.")  # fmt: skip
@overwrite_option
@json_option
def show_command(
    name: str, show_all: bool, csv_file: Path | None, overwrite: bool, as_json: bool
) -> None:
    """Show a corpus of your own: its files, its tunes, and what cleaning found."""
    corpus = CorpusStore(Paths.default().corpora).get(name.removeprefix(PREFIX))
    if csv_file:
        write_output(csv_file, write_csv(corpus.read_report().findings), overwrite)
    _show_own(corpus, as_json, show_all)


@corpus_group.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete_command(name: str, yes: bool, as_json: bool) -> None:
    """Delete a corpus of your own for good. Models that learned from it stay."""
    store = CorpusStore(Paths.default().corpora)
    corpus = store.get(name.removeprefix(PREFIX))
    if not yes:
        click.confirm(f"Delete {corpus.name} with its {corpus.tunes} tunes?", abort=True, err=True)
    store.delete(corpus.name)
    if as_json:
        echo_json({"deleted": corpus.name})
        return
    echo(f"{corpus.name}: deleted")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise CorpusError(
            "{file} cannot be read: {reason}.", file=str(file), reason=error.strerror or error
        ) from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CorpusError(
            "{file} cannot be read: {reason}.", file=str(file), reason=error.strerror or error
        ) from error


def _show_own(corpus: OwnCorpus, as_json: bool, show_all: bool) -> None:
    report = corpus.read_report()
    if as_json:
        echo_json(
            {
                "name": corpus.name, "created": corpus.created, "files": corpus.files,
                "tunes": corpus.tunes, "left_out": corpus.left_out,
                "findings_by_kind": report.counts(), "findings": report.findings,
            }
        )  # fmt: skip
        return
    echo(f"{corpus.name}: {corpus.tunes} tunes of {len(corpus.files)} files kept")
    _print_findings(report, show_all)


@corpus_group.command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def fetch_command(names: tuple[str, ...]) -> None:
    """Fetch the tunebooks of these names; all that are not here if none is named."""
    paths = Paths.default()
    for source in [get_source(name) for name in names] or SOURCES.values():
        was_here = is_available(source, paths)
        files = fetch_source(source, paths)
        state = "here already" if was_here else "fetched"
        echo(f"{source.name}: {state} ({len(files)} files)")


@corpus_group.command("report")
@click.argument("name", default="lab")
@click.option("--all", "show_all", is_flag=True, help="List every finding, not only their number.")
@json_option
def report_command(name: str, show_all: bool, as_json: bool) -> None:
    """What cleaning and splitting a tunebook found."""
    paths = Paths.default()
    dataset = load_dataset(name, paths)
    values = _describe(dataset)
    if name == "lab":
        (file,) = read_source_text(get_source("lab"), paths)
        values["lab_reading"] = compare_with_lab(file.text)
    if as_json:
        echo_json(values | {"findings": [f for r in dataset.reports for f in r.findings]})
        return
    _print_report(dataset, values, show_all)


def _describe(dataset: Dataset) -> dict[str, object]:
    findings = Counter(finding.kind for report in dataset.reports for finding in report.findings)
    return dataset.describe() | {
        "kept": len(dataset.tunes),
        "characters": len(dataset.vocabulary),
        "findings_by_kind": dict(findings),
    }


def _print_report(dataset: Dataset, values: dict[str, object], show_all: bool) -> None:
    echo(f"{values['kept']} tunes, {values['characters']} different characters")
    split = dataset.split
    echo(
        f"split: {len(split.train)} train, {len(split.val)} validation, {len(split.test)} test, "
        f"{len(split.left_out)} left out (their melody is held out under another title)"
    )
    lab = values.get("lab_reading")
    if lab is not None:
        echo(
            f"the lab's own reading: {lab.snippets} snippets, {lab.characters:,} characters, "  # type: ignore[attr-defined]
            f"{lab.distinct_characters} different; {len(lab.read_twice)} tunes twice, "  # type: ignore[attr-defined]
            f"{len(lab.fragments)} fragments, {len(lab.lost)} lost"  # type: ignore[attr-defined]
        )
    for report in dataset.reports:
        _print_findings(report, show_all)


def _print_findings(report: CleaningReport, show_all: bool) -> None:
    for kind, count in report.counts().items():
        echo(f"{report.source}: {kind} {count} (--all lists them)")
    for finding in report.findings if show_all else ():
        echo(f"  {finding.file}:{finding.line} {finding.title}: {finding.detail}")
