"""How well a network predicts tunes that it has not seen: loss, perplexity, held-out tunes."""
