"""What runs in the background of a process: trainings, sweeps, reports, indices, tune queues."""
