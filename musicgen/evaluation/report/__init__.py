"""Reports: checkpoints, temperatures, with the grammar and without, next to real held-out tunes.

``plan`` has what is asked for, ``builder`` makes the report, ``result`` is the report as plain
data, ``html`` and ``drawing`` write it as a page, ``store`` keeps it on the disk. The background
thread is in ``musicgen.jobs.report_service``.
"""
