"""What every drawing of the pages needs: language, words, errors, session state, what is shared."""
