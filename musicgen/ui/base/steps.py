"""Steps back and forward in the browser."""

from streamlit.runtime.scriptrunner import get_script_run_ctx


def is_step() -> bool:
    """Whether this run was asked for by a step back or forward."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation
