from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "arena.core"
    label = "core"

    def ready(self) -> None:
        from arena.core import checks  # noqa: F401  (importing registers them)
