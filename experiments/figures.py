"""``python -m experiments.figures``: the pictures of docs/findings.md, out of runs and results.

    python -m experiments.figures --runs baseline-again,improved

draws `docs/figures/learning.png` from the curves of those runs, `memorising.png` from what
``experiments.memorising`` found, `report.png` from a report (``musicgen evaluate --json``) if
`--report` names one, and `race.png` from a race (``python -m bench.race --json``) if `--race` does;
``--runs ""`` leaves out the first.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from experiments.memorising import read_results
from musicgen.config import Paths
from musicgen.training.runs.run import RunStore

mpl.use("Agg")
import matplotlib.pyplot as plt

FOLDER = Path("docs/figures")
INK, GREEN, OCHRE, FAINT = "#23302b", "#2f7d5d", "#b8741a", "#c9cdc6"
SMOOTHED = 50
TARGET = 0.88
LAB_BEST = 1.166
"""As in `bench.race`: the lowest held-out loss that the lab's settings come to."""


def main() -> None:
    """Draws what there are numbers for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", default="baseline,improved")
    parser.add_argument("--report", type=Path, help="what musicgen evaluate --json wrote")
    parser.add_argument("--race", type=Path, help="what bench.race --json wrote")
    asked = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update(
        {
            "font.size": 10, "axes.edgecolor": INK, "axes.spines.top": False,
            "axes.spines.right": False, "text.color": INK, "axes.labelcolor": INK,
            "xtick.color": INK, "ytick.color": INK, "figure.dpi": 130,
        }
    )  # fmt: skip
    if asked.runs:
        draw_learning(asked.runs.split(","))
    if read_results():
        draw_memorising()
    if asked.report:
        draw_report(json.loads(asked.report.read_text("utf-8")))
    if asked.race:
        draw_race(json.loads(asked.race.read_text("utf-8")))


def draw_learning(names: list[str]) -> None:
    """Loss on what is learned from and on held-out tunes over the steps, a panel for each run."""
    figure, panels = plt.subplots(1, len(names), figsize=(4.6 * len(names), 3.6), sharey=True)
    for panel, name in zip(np.atleast_1d(panels), names, strict=True):
        metrics = RunStore(Paths.default().runs).get(name).read_metrics()
        steps = np.array([one.step for one in metrics])
        losses = np.array([one.train_loss for one in metrics])
        kernel = np.ones(SMOOTHED) / SMOOTHED
        panel.plot(steps, losses, color=FAINT, linewidth=0.6)
        panel.plot(
            steps[SMOOTHED - 1 :], np.convolve(losses, kernel, "valid"), color=OCHRE,
            label="training batches",
        )  # fmt: skip
        looks = [(one.step, one.val_loss) for one in metrics if one.val_loss is not None]
        panel.plot(*zip(*looks, strict=True), color=GREEN, label="held-out tunes")
        best = min(looks, key=lambda look: look[1])
        panel.plot(*best, "o", color=GREEN)
        _tell(panel, best, f"{best[1]:.3f} at {best[0]:,}", (4, -14))
        _tell(panel, looks[-1], f"{looks[-1][1]:.3f}", (-26, 6))
        panel.set(title=name.split("-")[0], xlabel="step", ylim=(0, 2.2))
    first = np.atleast_1d(panels)[0]
    first.set_ylabel("nats per character")
    first.legend(frameon=False, loc="lower left")
    _save(figure, "learning")


def draw_race(race: dict[str, list[dict[str, float]]]) -> None:
    """Held-out loss over the seconds of a core, of the lab's loop and of ours."""
    figure, panel = plt.subplots(figsize=(6.4, 3.6))
    for name, color, label in (("lab", OCHRE, "the lab's loop"), ("ours", GREEN, "quick")):
        seconds = [place["seconds"] for place in race[name]]
        panel.plot(
            seconds, [place["loss"] for place in race[name]], color=color, marker=".", label=label
        )
        panel.plot(
            seconds, [place["body_loss"] for place in race[name]], color=color, linestyle=":",
            label=f"{label}: bodies",
        )  # fmt: skip
    panel.axhline(LAB_BEST, color=FAINT, linewidth=1, zorder=0)
    panel.annotate(f"the lab's best: {LAB_BEST}", (1, LAB_BEST), (2, 3), textcoords="offset points")
    panel.set(xscale="log", xlabel="seconds of one core", ylabel="nats per character, held out")
    panel.set_xticks([1, 3, 10, 30, 60, 180], ["1", "3", "10", "30", "60", "180"])
    panel.set_ylim(0.5, 3.5)
    panel.legend(frameon=False)
    _save(figure, "race")


def draw_memorising() -> None:
    """How much is known by heart, and how long a stretch is copied, over the steps."""
    results = read_results()
    figure, (heart, runs) = plt.subplots(1, 2, figsize=(9.2, 3.6))
    for name, color in (("baseline", OCHRE), ("improved", GREEN)):
        rows = sorted((int(step), row) for step, row in results.get(name, {}).items())
        if not rows:
            continue
        steps = [step for step, _ in rows]
        said = [100 * row["train_recital"] for _, row in rows]
        unheard = [100 * row["val_recital"] for _, row in rows]
        heart.plot(steps, said, color=color, marker=".", label=f"{name}: tunes it learned from")
        heart.plot(steps, unheard, color=color, linestyle=":", label=f"{name}: held-out tunes")
        longest = [row["longest_90th"] for _, row in rows]
        median = [row["longest_median"] for _, row in rows]
        runs.plot(steps, longest, color=color, marker=".", label=f"{name}: 90th percentile")
        runs.plot(steps, median, color=color, linestyle="--", label=f"{name}: median")
    for height in (13, 18):
        runs.axhline(height, color=FAINT, linewidth=1, zorder=0)
    runs.annotate(
        "held-out real tunes: 13, 18", (3000, 0), (0, 4), textcoords="offset points", ha="right"
    )
    heart.set(
        xlabel="step", ylabel="%", title="goes on word for word, 50 characters", ylim=(0, None)
    )
    runs.set(
        xlabel="step", ylabel="characters", title="longest run its tunes share", ylim=(0, None)
    )
    heart.legend(frameon=False)
    runs.legend(frameon=False, loc="upper left")
    _save(figure, "memorising")


REPORTED = (
    ("in_time", True, "in time, without the grammar", 100, "%"),
    ("repetition", False, "bars that were there before", 100, "%"),
    ("aabb", False, "of the form AABB", 100, "%"),
    ("longest_run", False, "longest run shared, mean", 1, "characters"),
)
"""Figures of a report: name, whether of tunes without the grammar, title, factor, unit."""


def draw_report(report: dict[str, Any]) -> None:
    """A panel for each of `REPORTED`: models side by side, a bar for each temperature, real tunes
    as a band; lines are 95 % intervals.
    """
    models = report["plan"]["checkpoints"]
    temperatures = report["plan"]["temperatures"]
    found = {_cell_key(one["cell"]): one["estimates"] for one in report["sets"]}
    figure, panels = plt.subplots(1, len(REPORTED), figsize=(3.1 * len(REPORTED), 3.4))
    width = 0.8 / len(temperatures)
    for panel, (name, is_free, title, factor, unit) in zip(panels, REPORTED, strict=True):
        real = report["real"]["estimates"][name]
        panel.axhspan(factor * real["low"], factor * real["high"], color=FAINT, alpha=0.5)
        panel.axhline(factor * real["value"], color=INK, linewidth=1)
        for place, temperature in enumerate(temperatures):
            rows = [found[model, temperature, is_free][name] for model in models]
            values = factor * np.array([row["value"] for row in rows])
            low = values - factor * np.array([row["low"] for row in rows])
            high = factor * np.array([row["high"] for row in rows]) - values
            panel.bar(
                np.arange(len(models)) + (place - (len(temperatures) - 1) / 2) * width, values,
                width, yerr=[low, high], ecolor=INK, error_kw={"linewidth": 0.8},
                color=(GREEN, OCHRE, INK)[place % 3], label=f"temperature {temperature:g}",
            )  # fmt: skip
        panel.set_xticks(range(len(models)), models)
        panel.set_title(title, fontsize=10)
        panel.set_ylabel(unit)
        panel.set_ylim(0, None)
    panels[0].legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.6), fontsize=8)
    _save(figure, "report")


def _cell_key(cell: dict[str, Any]) -> tuple[str, float, bool]:
    return cell["checkpoint"], cell["temperature"], cell["is_free"]


def _tell(panel: Any, point: tuple[float, float], text: str, offset: tuple[int, int]) -> None:
    panel.annotate(text, point, offset, textcoords="offset points", color=GREEN)


def _save(figure: Any, name: str) -> None:
    figure.tight_layout()
    figure.savefig(FOLDER / f"{name}.png", metadata={"Software": None})
    plt.close(figure)
    print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
