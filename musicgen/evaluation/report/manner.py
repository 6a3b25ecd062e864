"""Real tunes in the manner that a checkpoint's network reads, whatever manner they come in.

A network that learned the lab's notation wavers at the first grace note of another tunebook, and
its loss there tells the layout and not the music. So tunes of other books are first rewritten.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from musicgen.corpus.described import find_rhythm, write_described
from musicgen.corpus.normalization import write_plain
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.notation.parsing.reader import read_tune

_LAB = "lab"


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Tunes as a network reads them.

    `texts` has None in the place of each tune that cannot be written so.
    """

    texts: tuple[str | None, ...]

    @property
    def kept(self) -> list[str]:
        """The tunes that could be written, in their order."""
        return [text for text in self.texts if text is not None]

    @property
    def left_out(self) -> int:
        """How many tunes could not."""
        return sum(text is None for text in self.texts)


def first_source(metadata: CheckpointMetadata) -> str:
    """The corpus out of which a checkpoint's held-out tunes are; empty if it does not say.

    Tunes are held out of the first of several sources alone (`corpus.dataset.load_dataset`).
    """
    source = metadata.corpus.get("source")
    return source.split("+")[0] if isinstance(source, str) else ""


def reads_lab_notation(metadata: CheckpointMetadata) -> bool:
    """Whether a checkpoint learned the notation of the lab's book, others rewritten to it."""
    return metadata.training.plain or first_source(metadata) == _LAB


def write_for(
    metadata: CheckpointMetadata, texts: Sequence[str], are_foreign: bool = False
) -> Rewriting:
    """Real tunes as a checkpoint's network reads them.

    Tunes of another book are rewritten by `normalization.write_plain` for a network that learned
    the lab's notation. One that learned described headers gets them; they tell book, rhythm,
    meter, unit and key, and nothing that only the music says.

    Args:
        metadata: Of the checkpoint.
        texts: Clean tunes, one each.
        are_foreign: They do not come out of the checkpoint's own corpus.
    """
    rhythms = [""] * len(texts)
    written: list[str | None] = list(texts)
    if metadata.training.described:
        rhythms = [find_rhythm(text, read_tune(text)[0].rhythm) for text in texts]
    if are_foreign and reads_lab_notation(metadata):
        written = [write_plain(text) for text in texts]
    if metadata.training.described:
        book = first_source(metadata)
        written = [
            text and write_described(text, book, rhythm, with_form=False)
            for text, rhythm in zip(written, rhythms, strict=True)
        ]
    return Rewriting(tuple(text or None for text in written))
