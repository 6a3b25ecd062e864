"""The page Train: a form, a training to watch, past runs."""
