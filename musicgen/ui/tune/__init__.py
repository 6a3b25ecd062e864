"""What several pages need of a tune: rendering, sound settings, links, downloads, history."""
