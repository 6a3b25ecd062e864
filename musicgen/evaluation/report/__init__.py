"""Reports: checkpoints, temperatures, with the grammar and without, beside real held-out tunes.

``plan`` what is asked for, ``making`` the work, ``result`` what comes of it as plain data, ``html``
and ``drawing`` a page to read, ``store`` the disk, ``job`` the background thread.
"""
