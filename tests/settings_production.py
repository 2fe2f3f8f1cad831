"""Production as an operator would set it, for `check --deploy`; the secret is made on the spot."""

import os
import secrets
import tempfile

os.environ |= {
    "CONSILIUM_SECRET_KEY": secrets.token_urlsafe(60),
    "CONSILIUM_SITE_URL": "https://arena.example.org",
    "CONSILIUM_HOSTS": "arena.example.org",
    "CONSILIUM_DATABASE_URL": "postgresql://arena:arena@127.0.0.1/arena",
    "CONSILIUM_REDIS_URL": "redis://127.0.0.1:6379/0",
    "CONSILIUM_DATA_DIR": tempfile.mkdtemp(prefix="consilium-check-"),
}

from arena.settings import *  # noqa: F403
