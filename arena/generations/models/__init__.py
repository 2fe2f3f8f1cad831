"""Systems under evaluation and what they answered."""

from arena.generations.models.answers import Generation, OutputFile, output_file_path
from arena.generations.models.systems import (
    Endpoint,
    Price,
    StudySystem,
    System,
    SystemSecret,
    SystemVersion,
)
from arena.generations.models.trials import Trial

__all__ = [
    "Endpoint",
    "Generation",
    "OutputFile",
    "Price",
    "StudySystem",
    "System",
    "SystemSecret",
    "SystemVersion",
    "Trial",
    "output_file_path",
]
