"""Is the process alive, can it work, and what is it doing: for orchestrators and Prometheus."""

import ipaddress
import logging
import secrets
from collections.abc import Callable
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

log = logging.getLogger(__name__)

# Each app registers what it counts when it is ready; nothing is counted between scrapes.
metrics_registry = CollectorRegistry()


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; says nothing of the parts it depends on."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Every part this process needs, ``ok`` or ``failed``; status 503 if any of them failed.

    Why a part failed is in the log, not in the answer: anybody may ask.
    """
    parts = {name: _state(name, check) for name, check in CHECKS.items()}
    ready = set(parts.values()) == {"ok"}
    body = {"ready": ready, "parts": parts}
    return JsonResponse(body, status=200 if ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for this machine or whoever knows the metrics token."""
    if not (_knows_token(request) or _on_this_machine(request)):
        raise Http404("No such page.")
    return HttpResponse(generate_latest(metrics_registry), content_type=CONTENT_TYPE_LATEST)


def _knows_token(request: HttpRequest) -> bool:
    expected: str = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(expected) and secrets.compare_digest(given.encode(), expected.encode())


def _on_this_machine(request: HttpRequest) -> bool:
    """Whether the request began here; a proxy on this machine passes on others' requests."""
    if {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & set(request.headers):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _state(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Exception:  # whatever a driver raises, the part is not ready
        log.exception("Not ready: %s", name)
        return "failed"
    return "ok"


def _database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _queue_answers() -> None:
    with current_app.connection_for_write(connect_timeout=3) as broker:
        broker.ensure_connection(max_retries=1, timeout=3)


def _storage_takes_a_file() -> None:
    name = default_storage.save(f"ready/{uuid4().hex}", ContentFile(b"ready"))
    default_storage.delete(name)


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database_answers,
    "queue": _queue_answers,
    "storage": _storage_takes_a_file,
}
