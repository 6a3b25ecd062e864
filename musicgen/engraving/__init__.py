"""Sheet music on paper: abcjs draws in node, pages are laid out here, SVG and PDF come out."""
