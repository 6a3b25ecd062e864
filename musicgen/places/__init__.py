"""Where work runs: trainings, reports and many tunes, here or on the workers of a cluster."""
