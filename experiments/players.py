"""What a player notices: endings, keys, range, form, of tunes asked for and not asked for.

python -m experiments.players --checkpoint house --count 804
python -m experiments.players --checkpoint house --wishes --count 60

The first table has composed tunes without any wish beside all tunes of the lab's book; with
--wishes the second has each rhythm in three keys. All with 95 % intervals of Wilson. What is worse
than unasked beyond both intervals has an exclamation mark.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.measures.tonality import ends_on_tonic
from musicgen.evaluation.statistics.estimate import Estimate, estimate_rate
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.notation.analysis.melody import melody_bars
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.notation.analysis.sections import section_lengths
from musicgen.notation.grammar.rules import RHYTHMS
from musicgen.notation.model import Tune
from musicgen.notation.parsing.fields import same_meter
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import build_engine
from musicgen.storage import write_file

KEYS = ("D Major", "G Major", "E Dorian")
FEW = 3
"""Equal bars in a row that one hears as a machine."""

_USUAL_KEYS = 10
_WHOLE = (4, 8, 12, 16)
_SEED = 1


def _is_even(tune: Tune) -> bool:
    bars = [bar for bar in melody_bars(tune) if bar]
    return any(len(list(run)) >= FEW for _bar, run in groupby(bars))


FIGURES: Mapping[str, Callable[[Tune], Sequence[bool | None]]] = {
    "ends on the tonic": lambda tune: [ends_on_tonic(tune)],
    "fiddle": lambda tune: [not notes_outside(tune, "fiddle")],
    "whistle": lambda tune: [not notes_outside(tune, "whistle")],
    "three equal bars": lambda tune: [_is_even(tune)],
    "parts of 4, 8, 12, 16": lambda tune: [size in _WHOLE for size in section_lengths(tune)],
}
"""Shares of tunes, of parts for the last; of equal bars less is better, of all others more."""


def measure(tunes: Sequence[Tune], usual: Sequence[str] = ()) -> dict[str, Estimate]:
    """All figures of a set; with `usual`, the share of tunes in those keys as well."""
    found = {}
    for name, figure in FIGURES.items():
        told = [one for tune in tunes for one in figure(tune) if one is not None]
        found[name] = estimate_rate(sum(told), len(told))
    if usual:
        found["usual key"] = estimate_rate(sum(one.key.text in usual for one in tunes), len(tunes))
    return found


def find_usual_keys(texts: Sequence[str]) -> list[str]:
    """The ten commonest keys of tunes."""
    keys = Counter(read_tune(text)[0].key.text for text in texts)
    return [key for key, _count in keys.most_common(_USUAL_KEYS)]


def is_right(tune: Tune, rhythm: str, key: str) -> bool:
    """Whether a tune has the key that was asked for and a meter of the rhythm."""
    meters = [meter for meter in RHYTHMS[rhythm] if _is_meter(tune, meter)]
    return bool(meters) and tune.key.text == key


def _is_meter(tune: Tune, meter: str) -> bool:
    return same_meter(tune.meter, read_tune(f"X:1\nM:{meter}\nK:C\nC|]")[0].meter)


def compose_tunes(
    checkpoint: Checkpoint, count: int, temperature: float, **wishes: str
) -> list[Tune]:
    """Complete tunes, else at the default settings, in fast arithmetic where there is one."""
    precision = "int8" if checkpoint.metadata.network.kind in ("lstm", "echo") else "float32"
    engine = build_engine(checkpoint, precision)
    config = SampleConfig(
        seed=_SEED, count=count, precision=precision, temperature=temperature, **wishes  # type: ignore[arg-type]
    )  # fmt: skip
    return [piece.tune for piece in compose(checkpoint, config, engine=engine)]


def _show(one: Estimate, unasked: Estimate | None = None, is_low: bool = False) -> str:
    worse = one.compare(unasked) == (1 if is_low else -1) if unasked else False
    return f"{one.value:.0%} ({one.low:.0%}–{one.high:.0%}){' !' if worse else ''}"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description="What a player notices.")
    parser.add_argument("--checkpoint", default="house")
    parser.add_argument("--count", type=int, default=804)
    parser.add_argument("--temperature", type=float, default=SampleConfig().temperature)
    parser.add_argument("--wishes", action="store_true")
    parser.add_argument("--out", type=Path, help="Keep the figures as JSON.")
    asked = parser.parse_args()
    paths = Paths.default()
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, paths).path)
    texts = [tune.text for tune in load_dataset("lab", paths).tunes]
    usual = find_usual_keys(texts)
    names = [*FIGURES, "usual key"]
    rows = {"the lab's book": measure([read_tune(text)[0] for text in texts], usual)}
    free = measure(compose_tunes(checkpoint, asked.count, asked.temperature), usual)
    rows["unasked"] = free
    right: dict[str, float] = {}
    if asked.wishes:
        for rhythm in RHYTHMS:
            for key in KEYS:
                tunes = compose_tunes(
                    checkpoint, asked.count, asked.temperature, rhythm=rhythm, key=key
                )
                name = f"{rhythm} in {key}"
                rows[name] = measure(tunes)
                right[name] = sum(is_right(tune, rhythm, key) for tune in tunes) / len(tunes)
    print(f"| tunes | {' | '.join(names)} | as asked |\n|{'---|' * (len(names) + 2)}")
    for title, row in rows.items():
        cells = [
            _show(row[name], free.get(name), name == "three equal bars") if name in row else "–"
            for name in names
        ]
        share = f"{right[title]:.0%}" if title in right else "–"
        print(f"| {title} | {' | '.join(cells)} | {share} |", flush=True)
    if asked.out:
        values = {
            title: {name: one.to_dict() for name, one in row.items()} for title, row in rows.items()
        }
        write_file(asked.out, json.dumps(values, indent=1).encode())


if __name__ == "__main__":
    main()
