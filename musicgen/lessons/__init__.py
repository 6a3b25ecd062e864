"""The lessons: what they say, what they train and measure, worksheets and notebooks of them."""
