"""The training itself: a step, what it aims at, how fast, in which arithmetic."""
