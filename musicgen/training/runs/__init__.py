"""The folder of a run: settings, metrics, samples, checkpoints; archives of it; its figures."""
