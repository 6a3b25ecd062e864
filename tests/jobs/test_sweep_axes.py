import pytest

from musicgen.config import MAX_TEXT
from musicgen.errors import ConfigError
from musicgen.jobs.sweep_axes import Axis, is_at_edge, list_settings, with_settings
from musicgen.jobs.sweep_plan import Search, SweepCell, SweepPlan, SweepStore
from musicgen.jobs.sweep_results import Edge, find_best_cell, find_best_point, find_edges
from musicgen.jobs.sweep_results import gather_points as gather
from musicgen.presets import Preset
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.run_files import Progress


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("dropout=0.4, 0,0.2,0.4", Axis("dropout", (0.0, 0.2, 0.4))),
        ("hidden_size=64,32", Axis("hidden_size", (32, 64))),
        ("dropout=0..0.5", Axis("dropout", (), 0.0, 0.5)),
        ("learning_rate = 1e-4..1e-2:log", Axis("learning_rate", (), 1e-4, 1e-2, is_log=True)),
        ("num_layers=1..3", Axis("num_layers", (), 1, 3)),
        ("layer_norm=no,yes", Axis("layer_norm", (False, True))),
        ("optimizer=adamw,adam", Axis("optimizer", ("adamw", "adam"))),
        ("kind=hawk,echo", Axis("kind", ("hawk", "echo"))),
    ],
)
def test_an_axis_is_read_as_typed_and_from_json(text: str, axis: Axis) -> None:
    assert Axis.parse(text) == axis
    assert Axis.from_dict(axis.to_dict()) == axis


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dropout", "NAME=VALUE"), ("dropout=", "NAME=VALUE"), ("dropout=2,3", "between"),
        ("dropout=0.5..0.1", "upwards"), ("dropout=0..0.5:log", "above 0"),
        ("hidden_size=8.5,9", "type int"), ("kind=lstm..echo", "no network of kind"),
        ("seed=1,2", "several seeds"), ("source=lab,oneill", "could not be compared"),
        ("max_steps=5,6", "cannot vary"), ("nothing=1", "Choose from"),
        ("vocab_size=5,6", "cannot vary"), ("optimizer=sgd", "choose from"),
        (f"teacher={'x' * (MAX_TEXT + 1)}", "at most"),
    ],
)  # fmt: skip
def test_what_cannot_be_varied_is_told_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Axis.parse(text)


@pytest.mark.parametrize(
    "values",
    [{}, {"name": 3}, {"name": "dropout"}, {"name": "dropout", "values": []},
     {"name": "dropout", "values": [[1]]}, {"name": "dropout", "low": "a", "high": 1},
     {"name": "dropout", "values": [0] * 65}],
)  # fmt: skip
def test_json_that_is_no_axis_is_refused(values: dict) -> None:
    with pytest.raises((TypeError, LookupError, ValueError)):
        Axis.from_dict(values)


def test_all_settings_but_those_of_the_sweep_itself_can_be_varied() -> None:
    names = {info.name for info in list_settings()}
    assert {"hidden_size", "dropout", "schedule", "transpose", "kind", "warmup_steps"} <= names
    assert not {"seed", "max_steps", "source", "vocab_size", "save_interval"} & names


def test_settings_reach_the_network_and_the_training(tiny_preset: Preset) -> None:
    changed = with_settings(tiny_preset, {"hidden_size": 24, "grad_clip": 2.0})
    assert (changed.network.hidden_size, changed.training.grad_clip) == (24, 2.0)
    with pytest.raises(ConfigError):
        with_settings(tiny_preset, {"hidden_size": 0})


@pytest.mark.parametrize(
    ("axis", "value", "side"),
    [
        (Axis("batch_size", (4, 8, 16)), 4, -1), (Axis("batch_size", (4, 8, 16)), 8, 0),
        (Axis("batch_size", (4, 8, 16)), 16, 1), (Axis("batch_size", (4, 8)), 8, 0),
        (Axis("batch_size", (1, 2, 3)), 1, 0), (Axis("dropout", (0.0, 0.1, 0.2)), 0.0, 0),
        (Axis("dropout", (), 0.0, 0.5), 0.01, 0), (Axis("dropout", (), 0.0, 0.5), 0.49, 1),
        (Axis("learning_rate", (), 1e-4, 1e-2, is_log=True), 1.1e-4, -1),
        (Axis("learning_rate", (), 1e-4, 1e-2, is_log=True), 1e-3, 0),
        (Axis("optimizer", ("adam", "adamw")), "adam", 0),
    ],
)  # fmt: skip
def test_the_best_lies_at_an_edge_only_where_one_can_go_further(
    axis: Axis, value: float | str, side: int
) -> None:
    assert is_at_edge(axis, value) == side


def cells(*losses: float | None) -> list[SweepCell]:
    """Two seeds of each combination of a batch size."""
    sizes = (4, 8, 16)
    return [
        SweepCell(n // 2 + 1, {"batch_size": sizes[n // 2]}, n % 2, f"r-{n}", "finished", 9, loss)
        for n, loss in enumerate(losses)
    ]


def test_the_mean_over_seeds_decides_and_the_edge_is_told(tiny_preset: Preset) -> None:
    found = cells(2.0, 2.4, 1.0, 3.6, 2.1, 2.1)
    points = gather(found)
    assert [round(point.loss, 3) for point in points] == [2.2, 2.3, 2.1]
    assert points[0].spread == pytest.approx(0.4 / 2**0.5)
    best = find_best_point(points)
    assert best is points[2]
    assert find_best_cell(found).run_id == "r-4"
    plan = SweepPlan("p", tiny_preset, (Axis("batch_size", (4, 8, 16)),), 9, (0, 1))
    assert find_edges(plan, points) == [Edge("batch_size", 16, is_upper=True)]
    assert find_edges(plan, gather(cells(None, None))) == []


def test_a_combination_without_all_its_seeds_is_not_the_best_yet() -> None:
    points = gather(cells(2.0, 2.0, 1.0, None))
    assert find_best_point(points) is points[0]
    assert (points[1].loss, points[1].shown_loss) == (None, 1.0)


def test_a_plan_with_seeds_and_a_search_is_kept_as_it_is(
    tiny_preset: Preset, tmp_path: object
) -> None:
    store = SweepStore(tmp_path / "sweeps", RunStore(tmp_path / "runs"))
    axes = Axis("dropout", (), 0.0, 0.5), Axis("optimizer", ("adam", "adamw"))
    plan = SweepPlan("p", tiny_preset, axes, 20, (5, 3, 5), Search("tpe", 3, "median"))
    store.create(plan)
    kept = store.get("p")
    assert (kept.axes, kept.seeds, kept.search, kept.steps) == (axes, (3, 5), plan.search, 20)
    assert [cell.run_id for cell in kept.cells()] == [
        "p-1-s3", "p-1-s5", "p-2-s3", "p-2-s5", "p-3-s3", "p-3-s5"
    ]  # fmt: skip
    assert all(cell.settings is None for cell in kept.cells())
    found = store.read_cells(kept)
    assert {(cell.status, len(cell.settings)) for cell in found} == {("empty", 0)}
    preset = plan.cell_preset({"dropout": 0.25, "optimizer": "adamw"}, 3)
    assert (preset.training.seed, preset.network.dropout) == (3, 0.25)
    run = store.runs.create("p-2-s3", preset, sweep="p")
    run.write_status("pruned", "", 8, Progress(2.5, 8))
    found = store.read_cells(kept)
    assert [cell.status for cell in found] == ["empty", "empty", "pruned", "pruned"] + 2 * ["empty"]
    assert found[3].settings == {"dropout": 0.25, "optimizer": "adamw"}


def test_plans_that_cannot_be_are_told(tiny_preset: Preset) -> None:
    sizes, spread = Axis("batch_size", (2, 4)), Axis("dropout", (), 0.0, 0.5)
    for axes, seeds, search, says in (
        ((), (), Search(), "at least one"), ((sizes, sizes), (), Search(), "only once"),
        ((spread,), (), Search(), "one by one"), ((sizes,), tuple(range(17)), Search(), "16 seeds"),
        ((spread,), (1, 2), Search("random", 200), "256 trainings"),
        ((Axis("seq_len", tuple(range(2, 67))[:64]), sizes), (), Search(), "64 cells"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=says):
            SweepPlan("x", tiny_preset, axes, 5, seeds, search)
    for values in (("walk", 5), ("tpe", 0), ("tpe", 201), ("grid", 0, "now")):
        with pytest.raises(ConfigError):
            Search(*values)
