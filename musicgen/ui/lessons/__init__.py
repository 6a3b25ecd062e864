"""The page Lessons: steps with questions, small trainings, tunes and charts."""
