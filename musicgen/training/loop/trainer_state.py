"""A trainer's state as named tensors and JSON values, the two kinds of files it is kept in."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def flatten(state: dict[str, Any]) -> "tuple[dict[str, torch.Tensor], dict[str, Any]]":
    """The tensors of a trainer's state by name, and the rest as JSON values."""
    tensors = dict(state["tensors"])
    for index, entry in state["optimizer"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in entry.items()}
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    return plain, dict(state["values"])


def unflatten(tensors: "dict[str, torch.Tensor]", values: dict[str, Any]) -> dict[str, Any]:
    """The trainer's state from what `flatten` gave."""
    optimizer: dict[int, dict[str, torch.Tensor]] = {}
    others: dict[str, torch.Tensor] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            optimizer.setdefault(int(index), {})[key] = value
        else:
            others[name] = value
    return {"values": values, "optimizer": optimizer, "tensors": others}
