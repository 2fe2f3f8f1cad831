"""Pictures of signals as SVG: same data, same bytes. Sizes are fixed, so that scales are too."""
