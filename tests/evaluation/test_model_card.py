from dataclasses import replace

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.evaluation.model_card import render_model_card
from musicgen.models.checkpoint import CheckpointMetadata

METADATA = CheckpointMetadata(
    name="fine",
    step=40,
    network=NetworkConfig(vocab_size=3),
    training=TrainingConfig(transpose=2),
    vocabulary=("a", "b", "c"),
    preset="quick",
    corpus={"source": "lab", "tunes": {"train": 5, "val": 1}},
    metrics={},
    parameters=1234,
)


def test_a_card_says_how_to_repeat_the_training() -> None:
    card = render_model_card(METADATA, 2_000_000)
    assert "Trained from fresh weights" in card
    assert "train --preset quick --run NAME\npython -m musicgen bundle NAME --name fine" in card
    assert "1,234 parameters, 3 characters, 2.0 MB" in card
    assert "| transpose | 2 |" in card
    assert "Held-out loss" not in card  # nothing was measured


def test_a_card_tells_what_a_network_had_learned_before() -> None:
    start = {
        "name": "wide", "fingerprint": "f00", "step": 7000, "source": "lab+oneill",
        "preset": "house",
    }  # fmt: skip
    card = render_model_card(
        replace(METADATA, corpus=METADATA.corpus | {"started_from": start}), 2_000_000
    )
    assert "Trained on from `wide` (fingerprint `f00`, step 7,000)" in card
    assert "`lab+oneill`" in card
    assert (
        "train --preset house --run wide\n"
        "python -m musicgen train --preset quick --run NAME --from wide\n"
    ) in card


def test_a_card_names_every_training_that_led_to_a_model() -> None:
    first = {"name": "wide", "fingerprint": "f0", "step": 9, "source": "lab", "preset": "house"}
    start = first | {"name": "echoes", "preset": "echo", "started_from": first}
    metadata = replace(METADATA, corpus=METADATA.corpus | {"started_from": start})
    assert (
        "train --preset house --run wide\n"
        "python -m musicgen train --preset echo --run echoes --from wide\n"
        "python -m musicgen train --preset quick --run NAME --from echoes\n"
    ) in render_model_card(metadata, 2_000_000)


def test_a_card_says_that_the_end_of_a_run_was_kept_and_where_it_was_best() -> None:
    metadata = replace(METADATA, metrics={"best_step": 30, "val_loss": 1.25})
    card = render_model_card(metadata, 2_000_000)
    assert "The end of the run at step 40, as it is." in card
    assert "best on validation tunes at step 30 (1.2500 nats per character)" in card
    assert "bundle NAME --name fine --last" in card
