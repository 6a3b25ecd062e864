import pytest

from musicgen.config import NetworkConfig, SampleConfig, TrainingConfig, describe
from musicgen.errors import ConfigError
from musicgen.presets import PRESETS, apply_overrides, get_preset, keep_manner


@pytest.mark.parametrize("settings", [NetworkConfig, TrainingConfig, SampleConfig])
def test_every_bound_is_enforced_and_named(settings: type) -> None:
    bounded = [info for info in describe(settings) if info.low is not None]
    assert bounded
    for info in bounded:
        for value in (info.low - 1, info.high + 1):
            with pytest.raises(ConfigError, match=info.name):
                settings(**{info.name: info.kind(value)})
        settings(**{info.name: info.kind(info.low)})
        settings(**{info.name: info.kind(info.high)})


@pytest.mark.parametrize(
    "values",
    [{"seed": 1.5}, {"seed": True}, {"seed": "1"}, {"temperature": float("nan")}, {"prompt": 3}],
)
def test_a_value_of_the_wrong_type_is_refused(values: dict) -> None:
    with pytest.raises(ConfigError):
        SampleConfig(**values)


def test_settings_survive_json() -> None:
    config = TrainingConfig(learning_rate=0.001, schedule="cosine")
    assert TrainingConfig.from_dict(config.to_dict()) == config


def test_an_unknown_setting_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"'speed'.*batch_size"):
        TrainingConfig.from_dict({"speed": 3})


def test_an_unknown_preset_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"'fast'.*quick.*baseline.*improved"):
        get_preset("fast")


def test_overrides_reach_network_and_training() -> None:
    preset = apply_overrides(
        get_preset("quick"), {"hidden_size": "32", "max_steps": "7", "layer_norm": "true"}
    )
    assert (preset.network.hidden_size, preset.network.layer_norm) == (32, True)
    assert preset.training.max_steps == 7


@pytest.mark.parametrize(
    "override",
    [{"hidden_size": "wide"}, {"layer_norm": "maybe"}, {"vocab_size": "9"}, {"max_steps": "0"}],
)
def test_an_override_that_does_not_hold_is_refused(override: dict) -> None:
    with pytest.raises(ConfigError):
        apply_overrides(get_preset("quick"), override)


def test_the_studies_presets_are_as_described() -> None:
    baseline, improved = PRESETS["baseline"], PRESETS["improved"]
    assert (baseline.training.batch_size, baseline.training.seq_len) == (8, 100)
    assert (baseline.training.learning_rate, baseline.training.max_steps) == (5e-3, 3000)
    assert (improved.training.batch_size, improved.training.seq_len) == (64, 50)
    assert (improved.training.learning_rate, improved.training.max_steps) == (1e-3, 3000)
    assert baseline.network.dropout == improved.network.dropout == 0.0


def test_a_network_that_is_trained_on_reads_tunes_as_before() -> None:
    tuned = get_preset("fine-tune")
    told = TrainingConfig(described=True)
    assert keep_manner(tuned, TrainingConfig()) == tuned
    assert keep_manner(tuned, told).training == tuned.training.replace(described=True)
    assert not keep_manner(get_preset("quick"), TrainingConfig()).training.described
