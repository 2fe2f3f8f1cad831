"""Settings from the environment: a wrong value is refused at start, in plain words."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "yes" if default else "no").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is not a yes or no: write 1 or 0.")
    return value in TRUE


def number(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    if not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole number of {least} or more.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, *others: str) -> str:
    value, known = text(name, default), (default, *others)
    if value not in known:
        raise ImproperlyConfigured(f"{name}={value!r} must be one of: {', '.join(known)}.")
    return value


def folder(name: str, default: Path) -> Path:
    path = Path(text(name, str(default))).expanduser().resolve()
    if path.exists() and not path.is_dir():
        raise ImproperlyConfigured(f"{name}={path} is a file; it must be a folder.")
    return path


SQLITE_OPTIONS = {
    # IMMEDIATE is the one setting that matters under concurrent writers; the busy timeout covers
    # readers that meet a checkpoint. See docs/decisions/0002-sqlite-by-default.md.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def database(name: str, default: str, *, connections: int) -> dict[str, Any]:
    """Django's database entry for ``sqlite:///path`` or ``postgresql://user:secret@host/name``.

    A process keeps up to ``connections`` open to PostgreSQL, because under ASGI each request would
    begin with a new one: a third of what a vote costs. 0 keeps none.
    """
    url = urlparse(text(name, default))
    if url.scheme == "sqlite":
        path = url.path[1:] if url.path.startswith("//") else url.path
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": SQLITE_OPTIONS}
    if url.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path.lstrip("/"),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"pool": {"min_size": 0, "max_size": connections}} if connections else {},
        }
    raise ImproperlyConfigured(
        f"{name} must begin with sqlite:/// or postgresql://, not {url.scheme or 'nothing'}."
    )


def secret(name: str, fallback: Path) -> str:
    """The secret in the environment; else one made once and kept in ``fallback`` (mode 0600)."""
    value = text(name)
    if value:
        return value
    if not fallback.exists():
        fallback.parent.mkdir(parents=True, exist_ok=True)
        fallback.touch(mode=0o600)
        fallback.write_text(secrets.token_urlsafe(50))
    return fallback.read_text().strip()


def broker_options(url: str, folder: Path) -> dict[str, Any]:
    """What the broker's transport needs: the embedded one a folder, Redis a long patience.

    Leases in the database recover lost work, so Redis must never hand a long task out twice:
    its visibility timeout is far above the longest task.
    """
    if url.startswith("safefs:"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = {f"data_folder_{side}": str(folder) for side in ("in", "out")}
        return {**paths, "control_folder": str(folder / "control"), "polling_interval": 0.05}
    if url.startswith("redis"):
        return {"visibility_timeout": 12 * 3600}
    return {}


def media_storage(bucket_name: str) -> dict[str, Any]:
    bucket = text(bucket_name)
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    options = {"bucket_name": bucket, "endpoint_url": text("CONSILIUM_S3_ENDPOINT") or None}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
