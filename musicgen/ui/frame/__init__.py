"""What every page begins with: its title, the way to other pages, and what plays or trains now."""
