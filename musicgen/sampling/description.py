"""What there is to say of a composed tune, as JSON-ready values."""

from typing import Any

from musicgen.notation.analysis.bars import check_bars
from musicgen.sampling.composer import Composition


def describe_composition(composition: Composition) -> dict[str, Any]:
    """Title, meter, key, and how it came out, as JSON-ready values."""
    report = check_bars(composition.tune)
    return {
        "seed": composition.seed,
        "title": composition.public_tune.title,
        "meter": composition.tune.meter.text,
        "key": composition.tune.key.text,
        "characters": len(composition.abc),
        "complete": composition.is_complete,
        "in_time": report.is_in_time if report.is_metered else None,
        "problems": len(composition.problems),
        "intervention_share": round(composition.intervention_share, 4),
        "drawings": max(1, len(composition.log_odds)),
        "chosen": composition.chosen + 1,
    }
