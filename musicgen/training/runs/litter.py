"""What killed processes left behind, removed when the program starts."""

from musicgen.config import Paths
from musicgen.corpus.user_corpora import CorpusStore
from musicgen.storage import clear_litter, is_folder, list_folder, recover_folders


def clear_all_litter(paths: Paths) -> None:
    """Removes unfinished imports, bundles and deletions, and finishes replacements cut short.

    The work of living processes stays, as does what may not be removed. Takes a few milliseconds.
    """
    clear_litter(paths.checkpoints)
    recover_folders(paths.checkpoints)
    for root in (paths.runs, paths.reports, paths.favourites, paths.home / "sweeps"):
        clear_litter(root)
    for run in list_folder(paths.runs):
        if not run.name.startswith(".") and is_folder(run):
            clear_litter(run)
    CorpusStore(paths.corpora).clear_litter()
