"""The tunes of some seeds as one PDF, to be read as a player would.

python -m experiments.thirty_tunes --checkpoint house --out docs/figures/thirty-tunes.pdf
"""

import argparse
from pathlib import Path

from musicgen.audio.tempo import default_qpm
from musicgen.config import Paths, SampleConfig
from musicgen.engraving.engraver import engrave
from musicgen.engraving.pages import Page, lay_out_pages
from musicgen.engraving.pdf import write_pdf
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.sampling.composer import compose
from musicgen.storage import write_file


def main() -> None:
    """Composes, engraves, and writes the PDF and the ABC beside it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", default="house")
    parser.add_argument("--seed", type=int, default=1, help="Of the first tune.")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path("docs/figures/thirty-tunes.pdf"))
    asked = parser.parse_args()
    paths = Paths.default()
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, paths).path)
    composed = compose(checkpoint, SampleConfig(seed=asked.seed, count=asked.count))
    pages: list[Page] = []
    for one in composed:
        tune = one.public_tune
        note = f"{asked.checkpoint}, seed {one.seed}"
        pages += lay_out_pages(
            tune, engrave(tune, default_qpm(tune.rhythm, tune.meter), paths), note
        )
    title = f"Tunes of {asked.checkpoint}, seeds {asked.seed} to {asked.seed + asked.count - 1}"
    write_file(asked.out, write_pdf(pages, title))
    write_file(
        asked.out.with_suffix(".abc"), "\n".join(one.public_abc for one in composed).encode()
    )
    print(f"{asked.out}: {len(pages)} pages, {asked.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
