"""What settings of a training and the states of a run are called on the pages."""

from musicgen.jobs.background_task import TaskStatus
from musicgen.ui.base.language import N_

SETTING_LABELS = {
    "kind": N_("Kind of network"),
    "embedding_dim": N_("Embedding size"),
    "hidden_size": N_("Hidden size"),
    "num_layers": N_("Layers"),
    "dropout": N_("Dropout"),
    "layer_norm": N_("Layer normalisation"),
    "init": N_("Initialisation"),
    "window": N_("Window of attention"),
    "position": N_("Positions"),
    "relative": N_("Degrees and intervals"),
    "recurrent_dropout": N_("Recurrent dropout"),
    "source": N_("Corpus"),
    "batch_size": N_("Batch size"),
    "seq_len": N_("Sequence length"),
    "learning_rate": N_("Learning rate"),
    "max_steps": N_("Steps"),
    "optimizer": N_("Optimizer"),
    "weight_decay": N_("Weight decay"),
    "grad_clip": N_("Gradient clipping"),
    "accumulate": N_("Batches for a step"),
    "label_smoothing": N_("Label smoothing"),
    "average": N_("Average of weights"),
    "carry_state": N_("Carry the memory on"),
    "transpose": N_("Transposition"),
    "truncate": N_("Shortened tunes"),
    "vary_rhythm": N_("Varied rhythm"),
    "curriculum": N_("Short tunes first"),
    "multi_task": N_("Further tasks"),
    "teacher": N_("Teacher"),
    "teacher_weight": N_("Weight of the teacher"),
    "teacher_temperature": N_("Teacher's temperature"),
    "plain": N_("Plain manner"),
    "described": N_("Described headers"),
    "first_readings": N_("Readings of the first tunebook"),
    "patience": N_("Early stopping"),
    "schedule": N_("Learning rate schedule"),
    "warmup_steps": N_("Warm-up steps"),
    "eval_interval": N_("Validation interval"),
    "save_interval": N_("Save interval"),
    "samples": N_("Tunes along the way"),
    "tracker": N_("Tracker"),
    "precision": N_("Precision"),
    "threads": N_("Threads"),
    "seed": N_("Seed"),
}
"""What a setting is called on the page; one without an entry is shown by its own name."""


STATUS_LABELS = {
    TaskStatus.WAITING: N_("waiting for its turn"),
    TaskStatus.PREPARING: N_("reading the corpus"),
    TaskStatus.RUNNING: N_("training"),
    TaskStatus.PAUSED: N_("paused"),
    TaskStatus.CANCELLING: N_("saving"),
    TaskStatus.CANCELLED: N_("stopped"),
    TaskStatus.FINISHED: N_("finished"),
    TaskStatus.FAILED: N_("failed"),
}
