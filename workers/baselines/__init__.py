"""Weight-free methods behind the demo's systems: pure functions that really compute."""
