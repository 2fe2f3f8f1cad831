"""What a model's own files tell of it, in words; workers read them, see ``Trial``."""

from typing import Any

FACTS = (
    ("licence", "Licence"), ("architecture", "Architecture"), ("parameters", "Parameters"),
    ("weight_bytes", "Size of the weights"), ("stored_as", "Stored as"),
    ("context_tokens", "Context, in tokens"), ("base_model", "Made from"),
    ("language", "Languages"), ("datasets", "Data sets"), ("revision", "Revision"),
    ("intended_use", "Intended use"), ("description", "Description"),
)  # fmt: skip


def facts_told(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """What a model's files tell, in words."""
    return [(label, _fact(key, facts[key])) for key, label in FACTS if facts.get(key)]


def _fact(key: str, value: Any) -> str:
    if key == "weight_bytes" and isinstance(value, int):
        return f"{value / 1e9:.1f} GB" if value > 5e7 else f"{value / 1e6:.1f} MB"
    if key == "parameters" and isinstance(value, int):
        return _counted(value)
    return str(value)


def _counted(number: int) -> str:
    if number < 100_000:
        return f"{number:,}"
    return f"{number / 1e9:.1f} billion" if number > 5e8 else f"{number / 1e6:.1f} million"
