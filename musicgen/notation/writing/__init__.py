"""From tunes to text: plain ABC, other keys, MusicXML."""
