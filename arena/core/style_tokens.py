"""The tokens of frontend/static/css/tokens.css, grouped as the style page shows them."""

TOKENS = {
    "colours": (
        *("ground", "surface", "surface-raised", "line", "line-strong", "text", "text-soft"),
        *("accent", "accent-strong", "accent-soft", "on-accent", "good", "good-soft"),
        *("warn", "warn-soft", "bad", "bad-soft", "on-bad", "simulated", "simulated-soft"),
        *("left", "left-soft", "right", "right-soft"),
        *(f"series-{n}" for n in range(1, 7)),
    ),
    "fonts": ("font", "font-mono"),
    "sizes": (
        *("size-tiny", "size-small", "size-body", "size-large"),
        *("size-heading", "size-title"),
    ),
    "gaps": tuple(f"gap-{n}" for n in range(1, 8)),
    "others": (
        *("leading", "leading-tight", "prose", "gutter", "edge", "page"),
        *("target", "target-small", "target-touch"),
        *("radius", "radius-small", "radius-round", "shadow", "shadow-raised", "focus", "quick"),
    ),
}
