"""Sheet music on paper: a tune drawn by abcjs in node, laid out on pages, written as SVG and PDF."""
