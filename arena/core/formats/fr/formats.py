"""A point in every figure, as in outputs, exports and the units of the sources."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = "\u202f"

DATE_FORMAT = "j N Y"
DATETIME_FORMAT = "j N Y, H:i"
