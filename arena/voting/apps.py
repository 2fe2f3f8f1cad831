from django.apps import AppConfig


class VotingConfig(AppConfig):
    name = "arena.voting"
    label = "voting"

    def ready(self) -> None:
        from arena.core.health import metrics_registry
        from arena.voting.metrics import VotingCollector

        metrics_registry.register(VotingCollector())
