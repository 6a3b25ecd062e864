"""A report as one HTML file that needs nothing else: tables, drawings, tunes as text.

There is no script in it and no address; whatever came from a network or a file is escaped.
"""

import html
from collections.abc import Iterable, Sequence

from musicgen.evaluation.measure_labels import (
    DISTRIBUTION_AXES,
    GROUPS,
    LOSSES,
    MARKS,
    MEASURES,
    N_,
    Measure,
    Translate,
    name_set,
    write_interval,
    write_mark,
    write_value,
)
from musicgen.evaluation.report.drawing import COLOURS, Line, draw_bars, draw_lines
from musicgen.evaluation.report.figures import (
    SWEPT,
    find_loss_sweep,
    find_names,
    find_sweep,
    has_sweep,
    share_out,
)
from musicgen.evaluation.report.result import Example, Report, TuneSet
from musicgen.evaluation.statistics.estimate import Estimate

_LIGHT = ("#8f9a9f", "#1b6b50", "#c8641c", "#3f72c4", "#7a4a86", "#4a9aa8", "#a88200", "#9c2f4b")
_DARK = ("#a3b0ba", "#5cbf95", "#f0a062", "#7fb0f0", "#d294d4", "#7fd6e0", "#e3cf6a", "#f08097")

STYLE = """
:root{color-scheme:light dark;--ink:#22282b;--paper:#fdfcf9;--line:#dcd8cc;--soft:#f3f1ea}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;
margin:2rem auto;padding:0 1rem}h1{line-height:1.2}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem}th,td{padding:.3rem .7rem;text-align:right;
border-bottom:1px solid
var(--line);white-space:nowrap}th:first-child,td:first-child{text-align:left} tr.group
th{background:var(--soft);text-align:left}td small{display:block;opacity:.7}
.off{color:var(--c2)}figure{margin:1.5rem 0}
svg{width:100%;max-width:44rem;height:auto}svg text{fill:var(--ink);font-size:11px}
.ruler{stroke:var(--line)}.band{fill:var(--ink);opacity:.1}
.real{stroke:var(--ink);stroke-dasharray:5 4}polyline{fill:none;stroke-width:2}
pre{background:var(--soft);padding:1rem;overflow-x:auto}.key{display:inline-block;width:.8em;
height:.8em;margin:0 .4em 0 1em;border-radius:2px}.plots{display:grid;gap:0 2rem;
grid-template-columns:repeat(auto-fit,minmax(20rem,1fr))}
""" + "".join(
    f".c{n}{{fill:var(--c{n})}}.l{n}{{stroke:var(--c{n})}}.k{n}{{background:var(--c{n})}}"
    for n in range(COLOURS)
) + (
    ":root{" + "".join(f"--c{n}:{colour};" for n, colour in enumerate(_LIGHT)) + "}"
    "@media (prefers-color-scheme:dark){:root{--ink:#e7e5de;--paper:#15191b;--line:#343c3f;"
    "--soft:#1f2527;" + "".join(f"--c{n}:{colour};" for n, colour in enumerate(_DARK)) + "}}"
)  # fmt: skip

METHOD = (
    N_("Each figure comes with its 95 % interval: Wilson's for shares of tunes, the bootstrap "
       "over tunes for means. Near the value of real tunes is good; higher is not better."),
    N_("Distances are Jensen–Shannon divergences in bits from all training tunes, as the mean of "
       "draws of equally many tunes of each set, because fewer tunes always lie farther; the "
       "interval holds 95 % of the draws."),
    N_("The best tune is the one whose figures lie nearest to those of real tunes, the worst the "
       "one that lies farthest. It says what is unusual, not what is beautiful."),
)  # fmt: skip
"""How the figures were made, a paragraph each."""


def render_html(report: Report, translate: Translate = str, language: str = "en") -> str:
    """The report as a page.

    Args:
        report: What was found.
        translate: Gives the words in another language.
        language: The language's tag, as for ``lang``.
    """
    title = translate(N_("What the networks compose"))
    parts = [
        f"<h1>{_e(title)}</h1>",
        f"<p>{_e(describe_plan(report, translate))}</p>",
        _loss_table(report, translate),
        _measure_table(report, translate),
        _sweeps(report, translate),
        _distributions(report, translate),
        *(_tunes(item, translate) for item in report.all_sets()),
        *(f"<p><small>{_e(translate(text))}</small></p>" for text in METHOD),
    ]
    return (
        f'<!doctype html><html lang="{_e(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_e(title)}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def describe_plan(report: Report, translate: Translate) -> str:
    """In a line: when, how many tunes of each set, compared with which real ones."""
    parts = [report.created.replace("T", " ").removesuffix("+00:00") + " UTC"]
    if report.plan.count and report.sets:
        parts.append(
            translate(N_("{count} tunes of each set, seeds from {seed}")).format(
                count=report.plan.count, seed=report.plan.seed
            )
        )
    if report.real:
        parts.append(
            translate(N_("{count} real tunes ({name})")).format(
                count=report.real.tunes, name=_tunes_of(report, translate)
            )
        )
    else:
        parts.append(translate(N_("the corpus is not here, so there is nothing real beside it")))
    if report.source:
        parts.append(
            translate(N_("distances from the training tunes of {name}, {size} at a time")).format(
                name=report.source, size=report.draw_size
            )
        )
    if report.left_out:
        parts.append(translate(N_("left out as too long: {count}")).format(count=report.left_out))
    return " · ".join(parts)


def _tunes_of(report: Report, translate: Translate) -> str:
    words = {"val": N_("held out for validation"), "test": N_("held out for the test")}
    side = words.get(report.tunes_of)
    return translate(side) if side else report.tunes_of


def _e(text: str) -> str:
    return html.escape(text, quote=True)


def _table(head: Sequence[str], rows: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col">{_e(cell)}</th>' for cell in head)
    body = "".join(rows)
    return (
        f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def _loss_table(report: Report, translate: Translate) -> str:
    if not report.losses:
        return ""
    head = [translate(N_("Model")), translate(N_("Temperature"))]
    head += [translate(measure.label) for measure in LOSSES.values()]
    rows = []
    for row in report.losses:
        note = "" if row.is_own else " *"
        cells = [f"<td>{_e(row.checkpoint + note)}</td><td>{row.temperature:g}</td>"]
        for name, measure in LOSSES.items():
            one = row.estimates[name]
            cells.append(_cell(write_value(one.value, measure.form),
                               write_interval(one, measure.form)))  # fmt: skip
        rows.append(f"<tr>{''.join(cells)}</tr>")
    star = (
        ""
        if all(row.is_own for row in report.losses)
        else f"<p><small>* {_e(translate(FOREIGN))}</small></p>"
    )
    title = translate(N_("How well they predict real tunes"))
    return f"<h2>{_e(title)}</h2>{_table(head, rows)}{star}"


FOREIGN = N_("These tunes are not the ones held out of what this model learned from.")


def _cell(value: str, interval: str, mark: str = "") -> str:
    shown = f' <b class="off">{_e(mark)}</b>' if mark else ""
    return f"<td>{_e(value)}{shown}<small>{_e(interval)}</small></td>"


def _measure_table(report: Report, translate: Translate) -> str:
    sets = report.all_sets()
    if not sets:
        return ""
    rows = []
    for group, measures in GROUPS.items():
        found = [name for name in measures if any(name in item.estimates for item in sets)]
        if found:
            rows.append(
                f'<tr class="group"><th colspan="{len(sets) + 1}">{_e(translate(group))}</th></tr>'
            )
        rows += [_measure_row(name, measures[name], sets, translate) for name in found]
    head = ["", *(name_set(item.cell, translate) for item in sets)]
    note = f"<p><small>{_e(translate(MARKS))}</small></p>" if report.real and report.sets else ""
    return f"<h2>{_e(translate(N_('What they compose')))}</h2>{note}{_table(head, rows)}"


def _measure_row(name: str, measure: Measure, sets: Sequence[TuneSet], translate: Translate) -> str:
    label = f'<td title="{_e(translate(measure.help))}">{_e(translate(measure.label))}</td>'
    real = next((item.estimates.get(name) for item in sets if item.cell is None), None)
    cells = []
    for item in sets:
        one = item.estimates.get(name)
        cells.append(
            _cell(
                write_value(one.value, measure.form),
                write_interval(one, measure.form),
                write_mark(one, real),
            )
            if one
            else "<td>–</td>"
        )
    return f"<tr>{label}{''.join(cells)}</tr>"


def _legend(names: Sequence[str]) -> str:
    return "<p>" + "".join(
        f'<span class="key k{number % COLOURS}"></span>{_e(name)}'
        for number, name in enumerate(names)
    ) + "</p>"  # fmt: skip


def _sweeps(report: Report, translate: Translate) -> str:
    if not has_sweep(report):
        return ""
    axis = translate(N_("temperature"))
    drawings: list[tuple[str, list[Line], Estimate | None]] = [
        (translate(N_("Loss on real tunes")), find_loss_sweep(report), None)
    ]
    for name in SWEPT:
        reference = report.real.estimates.get(name) if report.real else None
        drawings.append((translate(MEASURES[name].label), find_sweep(report, name), reference))
    parts = []
    for label, lines, reference in drawings:
        drawing = draw_lines(lines, reference, label, axis)
        if drawing:
            parts.append(f"<figure><figcaption>{_e(label)}{_names(lines)}</figcaption>{drawing}"
                         "</figure>")  # fmt: skip
    note = translate(N_("* without the grammar; the dashed line and its band are real tunes"))
    return (
        f"<h2>{_e(translate(N_('Over the temperature')))}</h2><p><small>{_e(note)}</small></p>"
        f'<div class="plots">{"".join(parts)}</div>'
    )


def _names(lines: Sequence[Line]) -> str:
    return _legend([line.name for line in lines])


def _distributions(report: Report, translate: Translate) -> str:
    sets = report.all_sets()
    parts = []
    for name, axis in DISTRIBUTION_AXES.items():
        names = find_names(name, sets)
        series = [
            (item.key, [share_out(item, name).get(one, 0.0) for one in names]) for item in sets
        ]
        label = translate(MEASURES[name].label)
        drawing = draw_bars(names, series, label, translate(axis))
        if drawing:
            parts.append(f"<figure><figcaption>{_e(label)}</figcaption>{drawing}</figure>")
    if not parts:
        return ""
    legend = _legend([name_set(item.cell, translate) for item in sets])
    title = translate(N_("Side by side"))
    return f'<h2>{_e(title)}</h2>{legend}<div class="plots">{"".join(parts)}</div>'


def _tunes(item: TuneSet, translate: Translate) -> str:
    parts = []
    for label, example in ((N_("Best"), item.best), (N_("Worst"), item.worst)):
        if example:
            parts.append(f"<h3>{_e(translate(label))}: {_e(_title(example, translate))}</h3>"
                         f"<pre>{_e(example.abc)}</pre>")  # fmt: skip
    return f"<h2>{_e(name_set(item.cell, translate))}</h2>{''.join(parts)}" if parts else ""


def _title(example: Example, translate: Translate) -> str:
    title = example.title or translate(N_("without a title"))
    if example.seed is None:
        return title
    return f"{title} · " + translate(N_("seed {seed}")).format(seed=example.seed)
