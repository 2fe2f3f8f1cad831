"""``endpoint_limits [HOST:PORT]``: how much a model server may be asked by all workers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError
from arena.generations.models import Endpoint
from arena.generations.services import endpoint_limit


class Command(BaseCommand):
    help = "List the servers that systems are asked at, or set what one of them may be asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", help="host:port, as the list names it")
        parser.add_argument("--at-once", type=int, help="cases being answered together")
        parser.add_argument("--per-minute", type=int, help="requests per minute; 0: no limit")

    def handle(self, *args: Any, address: str | None, **options: Any) -> None:
        if address:
            try:
                endpoint_limit(
                    address=address,
                    most_at_once=options["at_once"],
                    per_minute=options["per_minute"],
                )
            except UserError as error:
                raise CommandError(str(error)) from error
        for endpoint in Endpoint.objects.filter(**{"address": address.lower()} if address else {}):
            rate = f"{endpoint.per_minute} per minute" if endpoint.per_minute else "no rate limit"
            self.stdout.write(f"{endpoint.address}: {endpoint.most_at_once} at once, {rate}")
