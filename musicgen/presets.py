"""Settings that belong together: those of the lab, of the study, and ours."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicgen.config import (
    FROM_VOCABULARY,
    NetworkConfig,
    Settings,
    TrainingConfig,
    describe,
    parse_setting,
)
from musicgen.errors import ConfigError


@dataclass(frozen=True)
class Preset:
    """A network and a training that belong together, with the one line that explains them."""

    name: str
    meaning: str
    network: NetworkConfig
    training: TrainingConfig

    @classmethod
    def without_meaning(
        cls, name: str, network: NetworkConfig, training: TrainingConfig
    ) -> "Preset":
        """Settings that nobody explains: what was read from a disk, or is only tried."""
        return cls(name, "", network, training)


_KIND_TRAINING = TrainingConfig(
    carry_state=True, transpose=2, batch_size=32, seq_len=80, learning_rate=4e-3, max_steps=2500,
    optimizer="adamw", weight_decay=0.02, average=0.99, grad_clip=1.0, schedule="cosine",
    warmup_steps=125, eval_interval=125, save_interval=250,
)  # fmt: skip
"""How the networks that are no plain LSTM are trained: as `experiments.networks` compares them."""

_HOUSE_TRAINING = TrainingConfig(
    source="lab+oneill+ryan+aird+northumbrian", plain=True, carry_state=True, transpose=3,
    batch_size=32, seq_len=80, learning_rate=2.5e-3, max_steps=7000, optimizer="adamw",
    weight_decay=0.02, average=0.99, grad_clip=1.0, schedule="cosine", warmup_steps=150,
    eval_interval=250, save_interval=500, seed=1,
)  # fmt: skip
"""How large networks learn from all shared tunebooks."""

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "quick",
            "A small network that makes recognisable tunes in ten seconds, good ones in a minute.",
            NetworkConfig(
                kind="echo",
                embedding_dim=64,
                hidden_size=256,
                num_layers=1,
                dropout=0.2,
                position=True,
                relative=True,
            ),
            TrainingConfig(
                described=True,
                carry_state=True,
                batch_size=24,
                seq_len=64,
                learning_rate=6e-3,
                max_steps=1200,
                average=0.99,
                grad_clip=1.0,
                schedule="cosine",
                warmup_steps=50,
                eval_interval=50,
                save_interval=100,
                moments=True,
            ),
        ),
        Preset(
            "house",
            "How the model that comes with the program learns: five tunebooks, all keys.",
            NetworkConfig(
                kind="echo",
                embedding_dim=256,
                hidden_size=640,
                num_layers=2,
                dropout=0.5,
                recurrent_dropout=0.5,
                position=True,
                init="orthogonal",
            ),
            _HOUSE_TRAINING.replace(
                described=True,
                first_readings=5,
                transpose=6,
                seq_len=128,
                learning_rate=2e-3,
                max_steps=5000,
                weight_decay=0.05,
                average=0.995,
            ),
        ),
        Preset(
            "echo",
            "An LSTM learns where a tune comes again. Give it one to start.",
            NetworkConfig(
                kind="echo",
                embedding_dim=128,
                hidden_size=512,
                num_layers=2,
                dropout=0.3,
                init="orthogonal",
            ),
            _HOUSE_TRAINING.replace(
                learning_rate=1e-3,
                max_steps=2000,
                warmup_steps=50,
                eval_interval=100,
                save_interval=200,
            ),
        ),
        Preset(
            "fine-tune",
            "Gentle steps on one tunebook, for a model that knows its craft: give it one to start.",
            NetworkConfig(
                embedding_dim=128, hidden_size=512, num_layers=2, dropout=0.4, init="orthogonal"
            ),
            TrainingConfig(
                carry_state=True,
                transpose=2,
                batch_size=32,
                seq_len=80,
                learning_rate=5e-4,
                max_steps=1000,
                optimizer="adamw",
                weight_decay=0.05,
                average=0.99,
                grad_clip=1.0,
                schedule="cosine",
                warmup_steps=50,
                eval_interval=100,
                save_interval=100,
                seed=1,
            ),
        ),
        Preset(
            "student",
            "A network for a telephone or a chip, which learns from a larger one.",
            NetworkConfig(
                kind="echo",
                embedding_dim=64,
                hidden_size=272,
                num_layers=1,
                dropout=0.05,
                position=True,
                relative=True,
                init="orthogonal",
            ),
            _HOUSE_TRAINING.replace(
                described=True,
                first_readings=5,
                transpose=3,
                seq_len=128,
                learning_rate=5e-3,
                max_steps=3600,
                average=0.995,
                teacher_weight=0.9,
                teacher_share=0.5,
                samples=8,
            ),
        ),
        Preset(
            "mobile",
            "A plain LSTM of a quarter of a million parameters, for the smallest devices.",
            NetworkConfig(embedding_dim=64, hidden_size=128, num_layers=2, dropout=0.1),
            TrainingConfig(
                carry_state=True,
                transpose=2,
                batch_size=32,
                seq_len=80,
                learning_rate=5e-3,
                max_steps=3000,
                optimizer="adamw",
                weight_decay=0.01,
                average=0.99,
                grad_clip=1.0,
                schedule="cosine",
                warmup_steps=100,
                eval_interval=150,
                save_interval=150,
            ),
        ),
        Preset(
            "attention",
            "An LSTM that looks back: where has this been before, and how did it go on?",
            NetworkConfig(
                kind="attention",
                embedding_dim=64,
                hidden_size=256,
                num_layers=2,
                dropout=0.25,
                init="orthogonal",
            ),
            _KIND_TRAINING,
        ),
        Preset(
            "hierarchical",
            "Notes, bars and phrases, an LSTM for each, every one slower than the one below.",
            NetworkConfig(
                kind="hierarchical",
                embedding_dim=64,
                hidden_size=256,
                num_layers=2,
                dropout=0.25,
                init="orthogonal",
            ),
            _KIND_TRAINING,
        ),
        Preset(
            "hawk",
            "No LSTM but a gated linear recurrence, four layers deep.",
            NetworkConfig(
                kind="hawk",
                embedding_dim=64,
                hidden_size=144,
                num_layers=4,
                dropout=0.25,
                init="orthogonal",
            ),
            _KIND_TRAINING,
        ),
        Preset(
            "baseline",
            "The settings of the MIT lab: one wide layer, no regularisation; it memorises.",
            NetworkConfig(embedding_dim=256, hidden_size=1024, num_layers=1),
            TrainingConfig(batch_size=8, seq_len=100, learning_rate=5e-3, max_steps=3000),
        ),
        Preset(
            "improved",
            "The settings of the written study: two layers and four times the data a step.",
            NetworkConfig(embedding_dim=256, hidden_size=512, num_layers=2),
            TrainingConfig(batch_size=64, seq_len=50, learning_rate=1e-3, max_steps=3000),
        ),
    )
}


def get_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ConfigError: there is none; the message lists the names.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ConfigError(
            "There is no preset named {name!r}. Choose from: {known}.",
            name=name,
            known=", ".join(PRESETS),
        ) from None


def apply_overrides(preset: Preset, overrides: Mapping[str, str]) -> Preset:
    """A preset with settings of its network or training changed by text values.

    Raises:
        ConfigError: a name is unknown, or a value is of the wrong type or out of its bounds.
    """
    parts: dict[str, Settings] = {"network": preset.network, "training": preset.training}
    changes: dict[str, dict[str, Any]] = {"network": {}, "training": {}}
    infos = {
        info.name: (part, info) for part, value in parts.items() for info in describe(type(value))
    }
    for name, text in overrides.items():
        if name not in infos or name in FROM_VOCABULARY:
            known = ", ".join(sorted(set(infos).difference(FROM_VOCABULARY)))
            raise ConfigError(
                "There is no setting named {names}. Choose from: {known}.",
                names=repr(name),
                known=known,
            )
        part, info = infos[name]
        changes[part][name] = parse_setting(info, text)
    return dataclasses.replace(
        preset,
        network=preset.network.replace(**changes["network"]),
        training=preset.training.replace(**changes["training"]),
    )


def keep_manner(preset: Preset, before: TrainingConfig) -> Preset:
    """Settings for a network that learned already: it goes on to read tunes written as before.

    Args:
        preset: The settings.
        before: Of the training that the network comes out of.
    """
    training = preset.training.replace(described=before.described)
    return dataclasses.replace(preset, training=training)
