"""Statistics of paired comparisons and agreement: pure functions on numpy arrays."""
