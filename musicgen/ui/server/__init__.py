"""The sections of the page Server: how the app does, for whoever runs it."""
