"""`make demo`: load the demo studies, start web and worker, open for voting."""

import shutil
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError
from arena.demo import people
from arena.demo.processes import (
    Processes,
    port_check,
    wait_until_healthy,
    web_command,
    worker_command,
)


class Command(BaseCommand):
    help = "Load the demo studies and run the site with one worker until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where to listen (8000)")
        parser.add_argument("--reset", action="store_true", help="throw the demo's data away first")
        parser.add_argument(
            "--simulate-votes",
            type=int,
            default=0,
            metavar="N",
            help="add up to N votes of simulated raters to each study, marked SIMULATED everywhere",
        )
        parser.add_argument(
            "--load-only", action="store_true", help="load the studies, start no process"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run(**options)
        except UserError as error:
            raise CommandError(str(error)) from error

    def run(
        self, *, port: int, reset: bool, simulate_votes: int, load_only: bool, **_: Any
    ) -> None:
        started = time.monotonic()
        if not load_only:
            port_check(port)
        if reset:
            self.stdout.write("Throwing away the demo's data …")
            demo_reset()
        self.prepare()
        processes = Processes()
        # A supervisor's polite stop must end the children just as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if not load_only:
                self.start(processes, port=port)
            if simulate_votes:
                self.simulate(simulate_votes, processes)
            if not load_only:
                self.announce(port=port, seconds=time.monotonic() - started)
                self.watch(processes)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping …")
        finally:
            processes.stop()
        if not load_only:
            self.stdout.write("The demo has stopped; votes are kept. `make demo` continues.")

    def prepare(self) -> None:
        from arena.demo.studies import demo_load

        self.stdout.write("Preparing the database and the pages …")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        self.stdout.write("Loading the demo studies …")
        demo_load()

    def start(self, processes: Processes, *, port: int) -> None:
        self.stdout.write("Starting the web server and the worker …")
        processes.start("worker", worker_command())
        processes.start("web", web_command(port))
        wait_until_healthy(port=port, processes=processes)

    def simulate(self, votes: int, processes: Processes) -> None:
        from arena.demo.simulation import outputs_wait, votes_simulate

        self.stdout.write("Waiting for the systems' outputs …")
        outputs_wait(while_waiting=processes.check)
        self.stdout.write(f"Adding up to {votes} SIMULATED votes to each study …")
        cast = votes_simulate(per_study=votes)
        self.stdout.write(f"{cast} SIMULATED votes were cast; each comparison takes three at most.")

    def announce(self, *, port: int, seconds: float) -> None:
        accounts = [*people.RATERS, people.COORDINATOR, people.ADMIN]
        lines = [
            "",
            f"  Consilium is open for voting at  http://localhost:{port}",
            "",
            f"  Sign in with the password  {people.PASSWORD}  as",
            *(f"    {email}" for email in accounts),
            "",
            f"  Ready after {seconds:.0f} seconds. Outputs are being computed while you watch.",
            "  Ctrl-C stops everything; votes are kept.",
        ]
        self.stdout.write("\n".join(lines))

    def watch(self, processes: Processes) -> None:
        while True:
            processes.check()
            time.sleep(0.5)


def demo_reset() -> None:
    """Remove database, files and queue below the data folder; refuses any other database."""
    database = settings.DATABASES["default"]
    folder = Path(settings.DATA_DIR)
    inside = folder in Path(str(database["NAME"])).resolve().parents
    if "sqlite" not in str(database["ENGINE"]) or not inside:
        raise UserError("RESET works only on the demo's own SQLite file, not on another database.")
    for path in folder.glob(f"{Path(str(database['NAME'])).name}*"):
        path.unlink()
    for name in ("media", "broker"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "broker").mkdir(
        mode=0o700
    )  # the settings made it when they were read, and will not again
