"""Keeps secrets unreadable in the database: sealed with a key that lies outside of it.

Keys come from ``CONSILIUM_VAULT_KEYS`` (newest first, comma separated) or, where that is empty,
from a file in the data folder that is made once. Whoever holds a copy of the database alone, such
as a backup, reads nothing.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from arena.core.errors import UserError


def sealed(secret: str) -> str:
    """``secret`` as it may be stored."""
    return _vault().encrypt(secret.encode()).decode()


def unsealed(token: str) -> str:
    """The secret; raises ``UserError`` where the key that sealed it is gone."""
    try:
        return _vault().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise UserError(
            "A stored key cannot be read: it was sealed with a vault key that is no longer there. "
            "Put that key back (CONSILIUM_VAULT_KEYS or the vault-keys file), or enter the stored "
            "key again."
        ) from error


def resealed(token: str) -> str:
    """The same secret under the newest key."""
    unsealed(token)
    return _vault().rotate(token.encode()).decode()


def key_add() -> None:
    """Put a new key in front of those in the file; raises ``UserError`` where there is no file."""
    _file_required()
    _write([Fernet.generate_key().decode(), *_keys()])


def keys_drop_old() -> int:
    """Keep only the newest key of the file. Returns how many went."""
    _file_required()
    newest, *old = _keys()
    _write([newest])
    return len(old)


def _vault() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in _keys()])
    except ValueError as error:
        raise UserError(
            "The vault key is not valid: CONSILIUM_VAULT_KEYS takes keys of 32 bytes in URL-safe "
            'base64, as made by: python -c "from cryptography.fernet import Fernet; '
            'print(Fernet.generate_key().decode())"'
        ) from error


def _keys() -> list[str]:
    if settings.VAULT_KEYS:
        return list(settings.VAULT_KEYS)
    path: Path = settings.VAULT_KEYS_FILE
    if not path.exists():
        _make(path)
    return path.read_text().split()


def _make(path: Path) -> None:
    """Whoever comes second, of two processes that start together, takes the first one's key."""
    fresh = path.with_suffix(f".{os.getpid()}")
    _private(fresh, Fernet.generate_key().decode())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _write(keys: list[str]) -> None:
    path: Path = settings.VAULT_KEYS_FILE
    fresh = path.with_suffix(f".{os.getpid()}")
    _private(fresh, "\n".join(keys))
    fresh.replace(path)


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(f"{text}\n")


def _file_required() -> None:
    if settings.VAULT_KEYS:
        raise UserError(
            "The vault's keys come from CONSILIUM_VAULT_KEYS: put a new one in front there, "
            "restart web and workers, run rotate_secrets, and then take the old one away."
        )
