"""From text to tunes: any text in, a tune and its problems out."""
