"""``generate STUDY [--wait]``: ask the study's systems for the outputs that are missing."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError
from arena.generations.selectors import Progress, failures_of, generation_progress
from arena.generations.services import generation_request, generation_retry
from arena.generations.taking import systems_untaking
from arena.studies.models import Study

PATIENCE_SECONDS = 15


class Command(BaseCommand):
    help = "Queue every missing output of a study; workers answer. Exit code 1 if any failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's short name, as in its address")
        parser.add_argument("--wait", action="store_true", help="show progress until all ended")
        parser.add_argument("--retry", action="store_true", help="ask failed ones again, too")

    def handle(self, *args: Any, study: str, wait: bool, retry: bool, **options: Any) -> None:
        found = Study.objects.filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study!r}.")
        for untaken in systems_untaking(study=found):
            self.stderr.write(str(untaken))
        try:
            rows = generation_retry(study=found, by="command") if retry else 0
            rows += generation_request(study=found, by="command")
        except UserError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{rows} outputs queued.")
        if wait:
            self._wait(found)

    def _wait(self, study: Study) -> None:
        started, moved, before = time.monotonic(), time.monotonic(), -1
        while (progress := generation_progress(study=study)).pending:
            ended = progress.succeeded + progress.failed
            if ended != before or progress.claimed:
                moved, before = time.monotonic(), ended
            self._line(progress)
            if time.monotonic() - moved > PATIENCE_SECONDS:
                self.stdout.write("")
                raise CommandError(
                    f"Nothing was answered for {PATIENCE_SECONDS} seconds: is a worker running? "
                    "Start one with: celery -A workers.app worker -P threads -c 4 "
                    "-Q default,cpu,gpu,remote"
                )
            time.sleep(0.3)
        self._line(progress)
        self._end(study, progress, time.monotonic() - started)

    def _line(self, progress: Progress) -> None:
        """One line that rewrites itself on a terminal; one line per change elsewhere."""
        left = progress.eta_seconds
        eta = f", about {left:.0f} s left" if left else ""
        line = f"{progress.percent:3d} %  {progress.succeeded} answered, {progress.failed} failed, "
        line += f"{progress.pending} to go{eta}"
        if self.stdout.isatty():
            self.stdout.write(f"\r{line:<78}", ending="")
            self.stdout.flush()
        elif line != getattr(self, "_last", ""):
            self._last = line
            self.stdout.write(line)

    def _end(self, study: Study, progress: Progress, seconds: float) -> None:
        if self.stdout.isatty():
            self.stdout.write("")
        for system in progress.per_system:
            why = ", ".join(f"{count} {name}" for name, count in sorted(system.failures.items()))
            answered = f"  {system.label}: {system.succeeded} answered"
            self.stdout.write(f"{answered}; {why}" if why else answered)
        for group in failures_of(study=study) if progress.failed else []:
            self.stdout.write(f"  {group.label}, {group.rows} × {group.failure}: {group.error}")
        if progress.failed:
            raise CommandError(f"{progress.failed} of {progress.total} outputs failed.")
        self.stdout.write(f"All {progress.succeeded} outputs are there, after {seconds:.0f} s.")
