from django.apps import AppConfig


class GenerationsConfig(AppConfig):
    name = "arena.generations"
    label = "generations"

    def ready(self) -> None:
        from arena.core.health import metrics_registry
        from arena.generations import readiness  # noqa: F401  # registers its checks
        from arena.generations.metrics import GenerationCollector

        metrics_registry.register(GenerationCollector())
