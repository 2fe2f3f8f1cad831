"""The site's settings, with the few changes tests need."""

import os
import tempfile

os.environ.setdefault("CONSILIUM_DATA_DIR", tempfile.mkdtemp(prefix="consilium-tests-"))
os.environ.setdefault("CONSILIUM_DEBUG", "0")
# Test databases are dropped at the end, which no open connection may hinder.
os.environ.setdefault("CONSILIUM_DATABASE_CONNECTIONS", "0")

from arena.settings import *  # noqa: F403

# A file, not memory: the browser tests' server answers from several threads, each with a
# connection of its own.
DATABASES["default"].setdefault("TEST", {})["NAME"] = str(DATA_DIR / "test.db")  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    # Nobody needs these rows after a loss of power, so no commit waits for the disk.
    DATABASES["default"] |= {  # noqa: F405
        "ENGINE": "tests.postgresql",
        "OPTIONS": {"options": "-c synchronous_commit=off"},
    }
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
