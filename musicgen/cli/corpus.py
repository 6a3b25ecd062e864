"""``musicgen corpus``: which tunebooks there are, fetching them, and what cleaning found."""

from collections import Counter

import click

from musicgen.cli.options import echo_json, json_option
from musicgen.config import Paths
from musicgen.corpus.cleaning import compare_with_lab
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.corpus.sources import (
    SOURCES,
    fetch_source,
    get_source,
    is_available,
    read_source_text,
)


@click.group("corpus")
def corpus_group() -> None:
    """The tunebooks a network can learn from."""


@corpus_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the tunebooks, whether they are here, and who may use them."""
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
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        state = "here" if row["available"] else "not fetched"
        click.echo(f"{row['name']:<12} {state:<12} {row['title']}\n{'':<25} {row['license']}")


@corpus_group.command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def fetch_command(names: tuple[str, ...]) -> None:
    """Fetch the tunebooks of these names; all that are not here if none is named."""
    paths = Paths.default()
    for source in [get_source(name) for name in names] or SOURCES.values():
        was_here = is_available(source, paths)
        files = fetch_source(source, paths)
        state = "here already" if was_here else "fetched"
        click.echo(f"{source.name}: {state} ({len(files)} files)")


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
    click.echo(f"{values['kept']} tunes, {values['characters']} different characters")
    split = dataset.split
    click.echo(
        f"split: {len(split.train)} train, {len(split.val)} validation, {len(split.test)} test, "
        f"{len(split.left_out)} left out (their melody is held out under another title)"
    )
    lab = values.get("lab_reading")
    if lab is not None:
        click.echo(
            f"the lab's own reading: {lab.snippets} snippets, {lab.characters:,} characters, "  # type: ignore[attr-defined]
            f"{lab.distinct_characters} different; {len(lab.read_twice)} tunes twice, "  # type: ignore[attr-defined]
            f"{len(lab.fragments)} fragments, {len(lab.lost)} lost"  # type: ignore[attr-defined]
        )
    for report in dataset.reports:
        for kind, count in report.counts().items():
            click.echo(f"{report.source}: {kind} {count} (--all lists them)")
        for finding in report.findings if show_all else ():
            click.echo(f"  {finding.file}:{finding.line} {finding.title}: {finding.detail}")
