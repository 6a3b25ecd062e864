"""The sections of the page Classroom: the teacher's board."""
