"""What kinds of errors mean, for whoever runs the server: the sentence of each class."""

from musicgen.ui.base.language import N_, _

MEANINGS = {
    "ArchiveError": N_("A file that should hold a run is damaged, hostile, or something else."),
    "AudioError": N_("A tune has no sound, or no synthesiser can play it."),
    "CheckpointError": N_("A checkpoint is missing, damaged or not one."),
    "ClassError": N_("There is no class or no such member, or it is more than a member may do."),
    "CompositionError": N_("A prompt the network cannot read, or nothing was composed."),
    "ConfigError": N_("A setting is out of its bounds, or a preset does not exist."),
    "CorpusError": N_("A corpus is missing, unreadable or too small to train on."),
    "EngravingError": N_("A tune cannot be drawn as sheet music."),
    "ExportError": N_("A model cannot be exported in a format, or what was exported says "
                      "something else than it."),
    "FavouriteError": N_("A tune that is kept is gone, or too many are."),
    "GrammarError": N_("What is asked of a tune cannot be kept, or its given beginning breaks the "
                       "rules."),
    "MusicgenError": N_("Something is missing in what was filled in."),
    "NameFault": N_("A name cannot be one."),
    "NotationError": N_("A text holds nothing that can be read as a tune."),
    "PreferenceError": N_("A file of pairs of tunes is missing or damaged, or pairs cannot be "
                          "made."),
    "ProcessLost": N_("One of the processes that train together has ended, or cannot be reached."),
    "ProvenanceError": N_("A file does not say how its tune was made, or it cannot be made again "
                          "as it was."),
    "ReportError": N_("A report does not exist, is damaged, or another one is being made."),
    "RunError": N_("A run does not exist, exists already, or is busy."),
    "SetupError": N_("A part that set-up fetches is missing, or a port is in use."),
    "StorageError": N_("A file could not be written: the disk is full or the folder is not "
                       "writable."),
    "StudyError": N_("A listening study does not exist, is over, or cannot be made as it is "
                     "planned."),
    "TrainingDiverged": N_("The loss is no longer a finite number; the last good checkpoint is "
                           "kept."),
    "TunebookError": N_("A tune or set is not in the tunebook, has no place in it, or its file is "
                        "damaged."),
}  # fmt: skip


def error_meaning(kind: str) -> str:
    """What a kind of error means, by the name of its class; the name where it is not known."""
    return _(MEANINGS[kind]) if kind in MEANINGS else kind
