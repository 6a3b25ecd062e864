"""Where tunes come from: sources, cleaning, split by tune, vocabulary, windows of text."""
