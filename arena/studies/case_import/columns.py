"""How a file's own column names are told."""

from arena.core.errors import UserError


def columns_named(text: str) -> dict[str, str]:
    """``key=id, text=note`` as a mapping; raises ``UserError`` where a part is not KEY=NAME."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for key, sign, name in pairs:
        if not (key.strip() and sign and name.strip()):
            raise UserError(f"Columns: {key.strip()!r} is not of the form KEY=NAME.")
    return {key.strip(): name.strip() for key, _, name in pairs}
