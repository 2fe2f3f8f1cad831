"""``set_price TARGET``: what asking a system, or any system at a server, costs from a day on."""

from argparse import ArgumentParser
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from arena.core.errors import UserError
from arena.generations.models import Endpoint, System
from arena.generations.services import price_set
from arena.generations.services.prices import AMOUNTS


class Command(BaseCommand):
    help = "Enter what answers cost from a day on; answers already paid for keep their cost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", help="a system's short name, or a server's host:port")
        parser.add_argument("--currency", required=True, help="three letters, as in EUR")
        parser.add_argument("--from", dest="from_day", help="YYYY-MM-DD; empty: today")
        for name in AMOUNTS:
            parser.add_argument(f"--{name.replace('_', '-')}", help="an amount, as in 0.25")

    def handle(self, *args: Any, target: str, **options: Any) -> None:
        try:
            price = price_set(
                by=None,
                currency=options["currency"],
                from_day=_day(options["from_day"]),
                amounts={name: _amount(name, options[name]) for name in AMOUNTS},
                **_target(target),
            )
        except UserError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"There is a {price}.")


def _target(name: str) -> dict[str, Any]:
    if ":" in name:
        endpoint = Endpoint.objects.filter(address=name.lower()).first()
        if endpoint is None:
            raise UserError(f"No system is asked at {name!r}.")
        return {"endpoint": endpoint}
    system = System.objects.filter(slug=name).first()
    if system is None:
        raise UserError(f"There is no system {name!r}.")
    return {"system": system}


def _amount(name: str, told: str | None) -> Decimal | None:
    try:
        return None if told is None else Decimal(told)
    except InvalidOperation as error:
        raise UserError(f"--{name.replace('_', '-')} {told!r} is no amount, as in 0.25.") from error


def _day(told: str | None) -> date:
    try:
        return date.fromisoformat(told) if told else timezone.now().date()
    except ValueError as error:
        raise UserError(f"--from {told!r} is no day, as in 2026-01-31.") from error
