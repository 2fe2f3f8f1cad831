"""The files under test."""

from pathlib import Path

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
TEMPLATES = sorted((FRONTEND / "templates").rglob("*.html"))
STYLESHEETS = sorted((FRONTEND / "static" / "css").rglob("*.css"))
SCRIPTS = sorted((FRONTEND / "static" / "js").rglob("*.js"))


def short(path: Path) -> str:
    return str(path.relative_to(FRONTEND))
