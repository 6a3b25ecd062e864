"""Composes with NumPy alone: ``python sampler.py --seed 1``, next to a model's files."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from musicgen.models.copy_candidates import (
    ECHOES,
    StructureTokens,
    empty_memory,
    find_candidates,
)
from musicgen.models.position import TunePosition
from musicgen.models.relative import classify_letters, letter_ids

Array = np.ndarray[Any, np.dtype[Any]]


def read_safetensors(data: bytes) -> dict[str, Array]:
    """The arrays of a safetensors file, all float32: a header in JSON, then their bytes."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[start + one["data_offsets"][0] : start + one["data_offsets"][1]],
                            "<f4").reshape(one["shape"])
        for name, one in header.items()
    }  # fmt: skip


def sigmoid(x: Array) -> Array:
    """The logistic function, which does not overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


class Network:
    """An LSTM, with or without echoes; reads one tune, character by character."""

    def __init__(self, weights: dict[str, Array], known: dict[str, Any]) -> None:
        self.w, self.known = weights, known["network"]
        self.characters: str = known["vocabulary"]
        self.signs = StructureTokens(*(self.known[f"{n}_id"] for n in ("bar", "line", "colon")))
        self.begin()

    def begin(self) -> None:
        """Forgets what was read."""
        shape = (self.known["num_layers"], self.known["hidden_size"])
        self.h, self.c = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.memory, self.position = empty_memory(1), TunePosition()

    def step(self, number: int) -> Array:
        """Logits (V,) of what follows after one more character."""
        w, x = self.w, self.w["embedding.weight"][number]
        which = np.arange(ECHOES)
        rows = offered = levels = np.zeros(0, np.int64)
        if "gates.weight" in w:
            ids = np.array([[number]])
            found, ranks, self.memory = find_candidates(ids, self.memory, self.signs)
            offered, levels = found[0, 0], ranks[0, 0]
            x = x + w["levels"][levels, which].sum(0)
            x = x + (w["offers"][offered, which] * (levels > 0)[:, None]).sum(0)
            if "position.weight" in w:
                self.position.feed(self.characters[number])
                rows = np.array(self.position.rows())
                x = x + w["position.weight"][rows].sum(0)
        for layer in range(len(self.h)):
            name = f"layers.{layer}."
            gates = w[name + "weight_ih_l0"] @ x + w[name + "weight_hh_l0"] @ self.h[layer]
            gates = gates + w[name + "bias_ih_l0"] + w[name + "bias_hh_l0"]
            i, f, g, o = np.split(gates, 4)
            self.c[layer] = sigmoid(f) * self.c[layer] + sigmoid(i) * np.tanh(g)
            x = self.h[layer] = sigmoid(o) * np.tanh(self.c[layer])
            if self.known["layer_norm"]:
                norm, shift = w[f"norms.{layer}.weight"], w[f"norms.{layer}.bias"]
                x = (x - x.mean()) / np.sqrt(x.var() + 1e-5) * norm + shift
        logits: Array = w["linear.weight"] @ x + w["linear.bias"]
        if "gates.weight" in w:
            gates = (w["gates.weight"] @ x + w["trust"][levels, which]) * (levels > 0)
            np.add.at(logits, offered, gates)
        if "relative.weight" in w:
            letters = letter_ids(self.characters)
            wanted = np.append(w["relative.weight"] @ x, 0.0)
            for part in classify_letters(rows):
                np.add.at(logits, letters[letters >= 0], wanted[part[letters >= 0]])
        return logits


def main() -> None:
    """Composes one tune and prints it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=0.85)
    parser.add_argument("--prompt", default="X:1\n")
    asked = parser.parse_args()
    here = Path(__file__).parent
    weights = read_safetensors((here / "model.safetensors").read_bytes())
    network = Network(weights, json.loads((here / "model.json").read_text("utf-8")))
    if asked.temperature <= 0:
        parser.error("The temperature has to be above 0.")
    if unknown := sorted(set(asked.prompt) - set(network.characters)):
        parser.error(f"The network does not know these characters: {unknown}")
    text, generator, logits = asked.prompt, np.random.default_rng(asked.seed), np.zeros(1)
    for character in "\n\n" + text:
        logits = network.step(network.characters.index(character))
    while not text.endswith("\n\n") and len(text) < 2000:
        probs = np.exp((logits - logits.max()) / asked.temperature)
        text += network.characters[generator.choice(len(probs), p=probs / probs.sum())]
        logits = network.step(network.characters.index(text[-1]))
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
