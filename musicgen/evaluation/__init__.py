"""How good a network and its tunes are: pure measures, each with its formula and source."""
