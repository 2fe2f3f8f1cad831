from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "arena.accounts"
    label = "accounts"

    def ready(self) -> None:
        from arena.accounts import signals

        signals.connect()
