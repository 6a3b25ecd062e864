"""What a tune shares with tunes that were learned from, as JSON-ready values."""

from typing import Any

from musicgen.evaluation.novelty.comparison import Likeness, NoveltyIndex, RealFigures, compare


def describe_novelty(index: NoveltyIndex, text: str) -> dict[str, Any]:
    """What a tune shares with the tunes of an index, JSON-ready."""
    found = compare(index, text)
    nearest = index.tunes[found.nearest] if found.nearest >= 0 else None
    return {
        "known": found.is_known,
        "nearest": nearest.title if nearest else None,
        "nearest_source": nearest.source if nearest else None,
        "nearest_share": round(found.nearest_share, 4),
        "characters": _likeness(index, found.characters),
        "melody": _likeness(index, found.melody),
    }


def describe_real(index: NoveltyIndex) -> dict[str, Any]:
    """What the tunes of an index share among themselves, JSON-ready; None without tunes."""
    return {
        "tunes": len(index.tunes),
        "characters": _real(index.real_characters),
        "melody": _real(index.real_melody),
    }


def _likeness(index: NoveltyIndex, likeness: Likeness) -> dict[str, Any]:
    tune = index.tunes[likeness.tune] if likeness.tune >= 0 else None
    return {
        "longest": likeness.longest,
        "share": None if likeness.share != likeness.share else round(likeness.share, 4),
        "tune": tune.title if tune else None,
        "span": list(likeness.span),
    }


def _real(figures: RealFigures) -> dict[str, Any] | None:
    if not len(figures.longest):
        return None
    return {"median": figures.median, "percentile_90": figures.percentile(90)}
