"""What every page begins with: title, language, errors, session state, shared resources."""
