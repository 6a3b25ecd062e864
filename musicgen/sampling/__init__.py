"""From a trained network to complete tunes in ABC."""
