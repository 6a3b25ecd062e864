"""The tree of errors: everything a user can cause, each with a sentence that says what to do.

::

    MusicgenError
    ├── ConfigError           a setting is out of its bounds, or a preset does not exist
    ├── CorpusError           a corpus is missing, unreadable or too small to train on
    ├── NotationError         a text holds nothing that can be read as a tune
    ├── CheckpointError       a checkpoint is missing, damaged or not one
    ├── RunError              a run does not exist, exists already, or is busy
    │   ├── TrainingDiverged  the loss is no longer a finite number
    │   └── ArchiveError      a file holds no run that can be taken in
    ├── CompositionError      a prompt the network cannot read, or nothing was composed
    │   ├── GrammarError      what is asked of a tune cannot be kept, or its beginning breaks it
    │   └── FavouriteError    a tune that is kept is gone, or too many are
    ├── ExportError           a model cannot be exported, or its export is not equal to it
    ├── ReportError           a report does not exist, is damaged, or another is being made
    ├── TunebookError         a tune or set is not in the tunebook, or its file is damaged
    ├── StudyError            a listening study does not exist, is over, or cannot be made
    ├── AudioError            a tune has no sound, or no synthesiser can play it
    ├── EngravingError        a tune cannot be drawn as sheet music
    ├── ProvenanceError       a file does not say how its tune was made, or that cannot be repeated
    ├── NameFault             a name cannot be the name of a folder
    ├── StorageError          a file could not be written (full disk, no permission)
    └── SetupError            a part fetched at set-up is missing, or a port is in use

The two faces (command line and pages) catch `MusicgenError` and nothing else.
"""

from typing import Any


class MusicgenError(Exception):
    """Base of all errors that a user can cause; its message is shown as it is.

    Args:
        template: The sentence; with values, the places for them in braces, as `str.format` has it.
        values: What fills the places. Kept apart, so that a page can say it in another language.
    """

    def __init__(self, template: str = "", /, **values: Any) -> None:
        super().__init__(template.format(**values) if values else template)
        self.template = template
        self.values = values


class ConfigError(MusicgenError):
    """A setting is out of its bounds, or a preset does not exist."""


class CorpusError(MusicgenError):
    """A corpus is missing, unreadable or too small to train on."""


class NotationError(MusicgenError):
    """A text holds nothing that can be read as a tune."""


class CheckpointError(MusicgenError):
    """A checkpoint is missing, damaged or not one."""


class RunError(MusicgenError):
    """A run does not exist, exists already, or is busy."""


class TrainingDiverged(RunError):
    """The loss is no longer a finite number; the last good checkpoint is kept."""


class ProcessLost(RunError):
    """One of the processes that train together has ended, or cannot be reached."""


class ArchiveError(RunError):
    """A file that should hold a run is damaged, hostile, or something else."""


class CompositionError(MusicgenError):
    """A prompt the network cannot read, or nothing was composed."""


class GrammarError(CompositionError):
    """What is asked of a tune cannot be kept, or its given beginning breaks the rules."""


class PreferenceError(RunError):
    """A file of pairs of tunes is missing or damaged, or pairs cannot be made."""


class ReportError(MusicgenError):
    """A report does not exist, is damaged, or another one is being made."""


class ExportError(MusicgenError):
    """A model cannot be exported in a format, or what was exported says something else than it."""


class StudyError(MusicgenError):
    """A listening study does not exist, is over, or cannot be made as it is planned."""


class ClassError(MusicgenError):
    """There is no class or no such member, or it is more than a member may do."""


class FavouriteError(CompositionError):
    """A tune that is kept is gone, or too many are."""


class TunebookError(MusicgenError):
    """A tune or set is not in the tunebook, has no place in it, or its file is damaged."""


class AudioError(MusicgenError):
    """A tune has no sound, or no synthesiser can play it."""


class EngravingError(MusicgenError):
    """A tune cannot be drawn as sheet music."""


class ProvenanceError(MusicgenError):
    """A file does not say how its tune was made, or it cannot be made again as it was."""


class NameFault(MusicgenError):
    """What keeps a text from being the name of something: the reason inside another error."""


class StorageError(MusicgenError):
    """A file could not be written: the disk is full or the folder is not writable."""


class SetupError(MusicgenError):
    """A part that set-up fetches is missing, or a port is in use."""
