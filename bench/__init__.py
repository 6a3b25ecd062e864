"""Speed, measured side by side with the lab's own loop in one run. Ratios, not promises."""
