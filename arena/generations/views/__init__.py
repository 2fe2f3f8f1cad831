"""Pages about systems and their answers."""
