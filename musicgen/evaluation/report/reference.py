"""The real tunes that a report compares with: held-out ones of a corpus, or a tunebook's."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from musicgen.config import Paths
from musicgen.corpus.cleaning import MAX_TUNE_CHARACTERS, Cleaner, CorpusTune, RawTune
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.corpus.split import find_unknown
from musicgen.corpus.upload_repair import MIDI_ENDINGS, read_upload
from musicgen.errors import CorpusError
from musicgen.evaluation.measures.corpus_counts import find_counts
from musicgen.evaluation.measures.distribution import Counts
from musicgen.evaluation.report.manner import first_source
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.notation.parsing.tunebook import decode_text

DEFAULT_SOURCE = "lab"
_WEB_PAGE = re.compile(r"<\s*(?:!doctype\s+html|html|body|pre|p|br|div)\b", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BLOCK = re.compile(r"<(pre|textarea)\b[^>]*>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_NEW_LINE = re.compile(r"<\s*(?:br|/p|/div|/h\d|/li)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,500}>")


@dataclass(frozen=True)
class Reference:
    """Real tunes.

    `texts` are measured, `clean` are what losses are taken on; `corpus` has the distributions of
    the training tunes of `source`, None where that is not here. `left_out` counts what was too
    long, `learned` what was left out because a model had learned it. `others` are further real
    tunes of the same book, for a control; none where it has none.
    """

    tunes_of: str
    source: str
    texts: tuple[str, ...]
    clean: tuple[str, ...]
    corpus: dict[str, Counts] | None = field(default=None, repr=False)
    left_out: int = 0
    learned: int = 0
    is_held_out: bool = False
    others: tuple[str, ...] = field(default=(), repr=False)


def hold_out(source: str, side: str, dataset: Dataset) -> Reference:
    """The held-out tunes of a corpus, compared with its training tunes.

    Args:
        source: Its name.
        side: ``val`` or ``test``; the latter for a final reading alone.
        dataset: Its tunes.
    """
    texts = tuple(dataset.texts(side))
    training = tuple(dataset.texts("train"))
    return Reference(
        side, source, texts, texts, _count(training), is_held_out=True, others=training
    )


def read_book(
    name: str,
    data: bytes,
    source: str,
    corpus: Sequence[str],
    on_tune: Callable[[], None] = lambda: None,
    known: Sequence[CorpusTune] = (),
) -> Reference:
    """The tunes of a file, compared with the training tunes of a corpus.

    Prose and the marks of web pages around them are passed over, as are tunes that are longer than
    any tune; tunes without notes and repetitions are measured like all others, but give no loss.

    Args:
        name: Of the file, as it is shown.
        data: What is in it, in any encoding.
        source: Of the corpus.
        corpus: Its training tunes; without any there are no distances.
        on_tune: Called for each tune.
        known: Tunes that a model learned; what is one of them, or a variant, is left out.

    Raises:
        CorpusError: there is no tune with notes in it.
    """
    cleaner = Cleaner(name)
    texts: list[str] = []
    left_out = 0
    is_midi = name.lower().endswith(MIDI_ENDINGS)
    plain = data if is_midi else _without_markup(decode_text(data)).encode()
    for piece in read_upload(name if is_midi else f"{name}.abc", plain, cleaner):
        on_tune()
        cleaner.add(piece)
        if len(piece.text) > MAX_TUNE_CHARACTERS:
            left_out += 1
        else:
            texts.append(_plain(piece))
    if not cleaner.tunes:
        raise CorpusError("{name} has no tune with notes in it.", name=name)
    new = find_unknown(known, cleaner.tunes) if known else cleaner.tunes
    clean = tuple(tune.text for tune in new)
    if not clean:
        raise CorpusError("The model has learned every tune in {name}.", name=name)
    counts = _count(tuple(corpus)) if corpus else None
    measured = clean if known else tuple(texts)
    learned = len(cleaner.tunes) - len(new)
    return Reference(name, source, measured, clean, counts, left_out, learned)


def _without_markup(text: str) -> str:
    """The text of a web page without its tags; any other text as it is.

    Where tunes stand in preformatted blocks, what is around these is left out.
    """
    if not _WEB_PAGE.search(text):
        return text
    seen = _UNSEEN.sub("", text)
    blocks = [match[2] for match in _BLOCK.finditer(seen) if "X:" in match[2]]
    seen = "\n\n".join(blocks) or _NEW_LINE.sub("\n", seen)
    return html.unescape(_TAG.sub("", seen))


def _plain(piece: RawTune) -> str:
    return "\n".join(line.rstrip() for line in piece.text.splitlines() if line.strip())


@lru_cache(maxsize=2)
def _count(texts: tuple[str, ...]) -> dict[str, Counts]:
    return find_counts(texts, Paths.default().cache)


def find_reference(
    metadata: Sequence[CheckpointMetadata], side: str, paths: Paths
) -> Reference | None:
    """The held-out tunes of the first checkpoint whose corpus is here; None if none is.

    Of checkpoints that do not say their corpus, or brought one that is gone, it is the lab's.
    """
    for source in dict.fromkeys([*map(first_source, metadata), DEFAULT_SOURCE]):
        try:
            if source:
                return hold_out(source, side, load_dataset(source, paths))
        except CorpusError:
            continue
    return None
