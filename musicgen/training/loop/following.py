"""How a process joins a training that another leads: all it needs is sent to it, once."""

import json
from collections.abc import Sequence

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import TrainingDiverged
from musicgen.presets import Preset
from musicgen.training.loop.group import Group, Order, require_shareable
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.trainer import Trainer
from musicgen.training.loop.trainer_state import flatten, unflatten

_FACTS, _NETWORK, _STATE = "facts", "network.", "state."


def invite(group: Group, trainer: Trainer, preset: Preset, train_tunes: Sequence[str]) -> None:
    """Sends the others all of a training: settings, tunes, weights, and where it stands.

    Args:
        group: The processes; this one leads them.
        trainer: Ready for its next step, and alone until now.
        preset: Its settings.
        train_tunes: What it reads, in its order.

    Raises:
        ConfigError: a group cannot share such a training.
        ProcessLost: one of the others is gone.
    """
    if group.size == 1:
        return
    require_shareable(preset.training, group.size)
    tensors, values = flatten(trainer.state_dict())
    facts = {
        "network": preset.network.to_dict(),
        "training": preset.training.to_dict(),
        "characters": list(trainer.vocabulary.characters),
        "tunes": [list(train_tunes), trainer.val_tunes],
        "values": values,
    }
    text = torch.frombuffer(bytearray(json.dumps(facts).encode("utf-8")), dtype=torch.uint8)
    weights = trainer.network.state_dict()
    named = {_NETWORK + name: value.detach().cpu().clone() for name, value in weights.items()}
    named |= {_STATE + name: value.clone() for name, value in tensors.items()}
    group.send(save_tensors(named | {_FACTS: text}))
    trainer.join(group)


def follow(group: Group) -> None:
    """Takes part in a training until its leader ends it.

    Raises:
        ProcessLost: the leader is gone.
    """
    content = group.receive()
    if not content:
        return
    tensors = load_tensors(content)
    facts = json.loads(tensors.pop(_FACTS).numpy().tobytes())
    preset = Preset.without_meaning(
        "shared",
        NetworkConfig.from_dict(facts["network"]),
        TrainingConfig.from_dict(facts["training"]),
    )
    set_threads(preset.training)
    trainer = Trainer(preset, Vocabulary(tuple(facts["characters"])), *facts["tunes"])
    trainer.network.load_state_dict(_under(tensors, _NETWORK))
    trainer.load_state_dict(unflatten(_under(tensors, _STATE), facts["values"]))
    trainer.join(group)
    acts = {Order.STEP: trainer.train_step, Order.LOOK: trainer.evaluate,
            Order.GATHER: trainer.state_dict}  # fmt: skip
    trainer.network.train()
    try:
        while (order := group.hear()) is not Order.END:
            acts[order]()
    except TrainingDiverged:
        return  # the leader says so


def _under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
