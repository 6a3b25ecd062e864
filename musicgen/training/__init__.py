"""Training: the loop, the thread around it, and the folder where a run is kept."""
