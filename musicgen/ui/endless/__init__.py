"""The page Endless: tune after tune, composed while one listens."""
