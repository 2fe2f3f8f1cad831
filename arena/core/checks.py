"""Settings that start but would go wrong later, reported by ``manage.py check``."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register


@register(Tags.security, deploy=True)
def check_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.HTTPS:
        return []
    return [
        checks.Warning(
            f"The site's address {settings.SITE_URL} is not https: cookies and votes could be read "
            "on the way.",
            hint="Set CONSILIUM_SITE_URL to the https:// address that people open.",
            id="consilium.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        checks.Warning(
            "CONSILIUM_HOSTS=* lets a visitor choose the address written into e-mails.",
            hint="List the host names of the site, comma separated.",
            id="consilium.W002",
        )
    ]


@register(Tags.compatibility, deploy=True)
def check_shared_services(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.REDIS_URL:
        return []
    return [
        checks.Warning(
            "CONSILIUM_REDIS_URL is empty: sign-in limits are counted in each process by itself.",
            hint="With more than one web process set it, for example redis://localhost:6379/0.",
            id="consilium.W003",
        )
    ]


@register(Tags.database, deploy=True)
def check_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return []
    return [
        checks.Warning(
            "The database is SQLite: right for one machine, not for several web containers.",
            hint="Set CONSILIUM_DATABASE_URL=postgresql://user:secret@host/name.",
            id="consilium.W004",
        )
    ]
