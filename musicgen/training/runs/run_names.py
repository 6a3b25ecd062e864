"""What runs may be called: a name is the name of the run's folder."""

from musicgen.errors import NameFault, RunError
from musicgen.names import check_name, is_name, normalize_name


def check_id(run_id: str) -> str:
    """The name itself in its normal form, where a run can have it.

    Raises:
        RunError: no run can.
    """
    name = normalize_name(run_id)
    return name if is_name(name) else check_new_id(name)


def check_new_id(run_id: str) -> str:
    """The name itself in its normal form, where a new run can be given it; see `names.check_name`.

    Raises:
        RunError: it cannot.
    """
    try:
        return check_name(run_id)
    except NameFault as fault:
        raise RunError(
            "{name!r} cannot name a run: {reason}.", name=run_id, reason=fault
        ) from fault
