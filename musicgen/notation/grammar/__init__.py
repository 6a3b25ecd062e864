"""The reader's counterpart, one character at a time: which characters keep a tune right."""
