"""Words of pages and commands that are English for everybody."""


def counted(number: int, one: str, many: str = "") -> str:
    """``1 case`` or ``1,200 cases``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def are(number: int) -> str:
    return "is" if number == 1 else "are"
