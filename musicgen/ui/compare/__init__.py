"""The page Compare: runs, the table of the studies, sweeps, two models side by side."""
