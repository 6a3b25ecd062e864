"""``musicgen evaluate``: the loss of a checkpoint on tunes it has not seen."""

from pathlib import Path

import click

from musicgen.cli.options import checkpoint_option, echo_json, json_option
from musicgen.cli.reading import read_tunes_text
from musicgen.config import Paths
from musicgen.corpus.cleaning import clean_tunebook
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import CorpusError
from musicgen.evaluation.loss import compute_loss
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint


@click.command("evaluate")
@checkpoint_option
@click.option("--tunebook", type=click.Path(path_type=Path), help="An ABC file to score.")
@click.option(
    "--split",
    type=click.Choice(["val", "test"]),
    default="val",
    show_default=True,
    help="Held-out side of the checkpoint's own corpus, if no tunebook is given.",
)
@json_option
def evaluate_command(
    checkpoint_name: str, tunebook: Path | None, split: str, as_json: bool
) -> None:
    """Loss in nats per character over all text and over tune bodies, perplexity, accuracy."""
    paths = Paths.default()
    ref = find_checkpoint(checkpoint_name, paths)
    checkpoint = load_checkpoint(ref.path)
    texts = _read_texts(checkpoint, tunebook, split, paths)
    report = compute_loss(checkpoint.network, checkpoint.vocabulary, texts)
    name = tunebook.name if tunebook else split
    if as_json:
        echo_json({"checkpoint": ref.name, "fingerprint": checkpoint.fingerprint, "tunes_of": name}
                  | report.to_dict())  # fmt: skip
        return
    click.echo(f"{ref.name} on {report.tunes} tunes of {name}")
    click.echo(
        _line("all text", report.loss, report.perplexity, report.accuracy, report.characters)
    )
    click.echo(
        _line("bodies", report.body_loss, report.body_perplexity, report.body_accuracy,
              report.body_characters)
    )  # fmt: skip
    if report.unknown_characters:
        click.echo(f"{report.unknown_characters} characters the network never saw were left out")


def _line(name: str, loss: float, perplexity: float, accuracy: float, count: int) -> str:
    return (
        f"{name:<9} {loss:.4f} nats per character, perplexity {perplexity:.3f}, "
        f"accuracy {accuracy:.1%}, {count:,} characters"
    )


def _read_texts(
    checkpoint: Checkpoint, tunebook: Path | None, split: str, paths: Paths
) -> list[str]:
    if tunebook is None:
        source = checkpoint.metadata.corpus.get("source")
        if not isinstance(source, str):
            raise CorpusError("This checkpoint does not say its corpus; give a file by --tunebook.")
        return load_dataset(source, paths).texts(split)
    text = read_tunes_text(tunebook)
    tunes, _ = clean_tunebook(tunebook.name, [(tunebook.name, text)])
    if not tunes:
        raise CorpusError(f"{tunebook.name} has no tune with notes in it.")
    return [tune.text for tune in tunes]
