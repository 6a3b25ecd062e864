"""The page Play: one slider, one button, and the tune on the screen."""
