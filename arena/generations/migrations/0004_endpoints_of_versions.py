"""Name the server of every version that was registered before servers had rows."""

from typing import Any
from urllib.parse import urlsplit

from django.db import migrations


def name_endpoints(apps: Any, schema_editor: Any) -> None:
    versions = apps.get_model("generations", "SystemVersion").objects.filter(endpoint=None)
    endpoints = apps.get_model("generations", "Endpoint").objects
    for version in versions.exclude(config__base_url=None):
        found = urlsplit(str(version.config.get("base_url", "")))
        if found.hostname:
            port = found.port or (443 if found.scheme == "https" else 80)
            held, _ = endpoints.get_or_create(address=f"{found.hostname}:{port}")
            versions.filter(pk=version.pk).update(endpoint=held)


class Migration(migrations.Migration):
    dependencies = [("generations", "0003_endpoints")]

    operations = [migrations.RunPython(name_endpoints, migrations.RunPython.noop)]
