"""The half that sounds: a tune becomes MIDI, MIDI becomes a waveform, a waveform becomes a file."""
