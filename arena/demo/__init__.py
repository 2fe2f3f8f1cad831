"""The demo: studies on written and synthesised cases, and simulated raters for a full board."""
