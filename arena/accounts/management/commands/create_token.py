"""An API token for somebody, printed once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arena.accounts.models import User
from arena.accounts.services import api_token_create


class Command(BaseCommand):
    help = "Make an API token for the account with this e-mail address and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--label", default="made on the server", help="What it is for.")

    def handle(self, *args: Any, email: str, label: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(
                f"No active account has the address {email}: sign up on the site first, "
                "or use createsuperuser."
            )
        self.stdout.write(api_token_create(user=user, label=label[:80], by="system"))
