"""``register_system SLUG --adapter NAME [--config FILE]``."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.generations.adapters import CATALOGUE, adapter_info
from arena.generations.models import SystemVersion, Trial
from arena.generations.services import (
    study_system_add,
    system_register,
    trial_fill,
    trial_look,
    trial_request,
)
from arena.generations.taking import systems_untaking
from arena.studies.models import Study
from arena.studies.selectors import case_versions_current

CARD = ("name", "maker", "revision", "description", "intended-use", "licence", "homepage")
TRIED = ("adapter", "config", "prompt", "decoding", "revision", "key")
PATIENCE_SECONDS = 15
MOST_SHOWN = 4000


class Command(BaseCommand):
    help = "Register a system, or a new version of it where its settings differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = ", ".join(CATALOGUE)
        parser.add_argument("slug", help="its short name: letters, digits and hyphens")
        parser.add_argument("--adapter", required=True, help=f"one of: {known}")
        parser.add_argument("--config", type=Path, help="JSON file with the adapter's settings")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument(
            "--key-file", type=Path, help="file with the server's key, kept sealed; - for stdin"
        )
        parser.add_argument("--prompt", type=Path, help="file with the prompt template")
        parser.add_argument("--alias", action="append", default=[], help="another of its names")
        parser.add_argument("--decoding", type=Path, help='JSON file, as in {"temperature": 0}')
        parser.add_argument("--study", action="append", default=[], help="let it take part")
        parser.add_argument(
            "--try",
            dest="tried",
            action="store_true",
            help="first put a case of the first --study to it; register it only if it answers",
        )
        parser.add_argument("--owner", help="e-mail; else the first admin")
        for name in CARD:
            parser.add_argument(f"--{name}", default="")

    def handle(self, *args: Any, slug: str, adapter: str, **options: Any) -> None:
        try:
            owner = _owner(options["owner"])
            studies = [_study(name) for name in options["study"]]
            wanted = _wanted(adapter, options)
            if options["tried"]:
                wanted = self._tried(slug, wanted, owner, studies)
            version = system_register(slug=slug, by=owner, **wanted)
            for study in studies:
                study_system_add(study=study, version=version, by=owner)
        except UserError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} is registered ({adapter}, {version.digest[:12]}).")
        for study in studies:
            for found in systems_untaking(study=study):
                if found.study_system.version == version:
                    self.stderr.write(f"{study.slug}: {found}")
        self._next(version, studies)

    def _next(self, version: SystemVersion, studies: list[Study]) -> None:
        """What it is pinned to, and the command that comes next."""
        info = adapter_info(version.adapter)
        if info.has_weights:
            pinned = version.revision or "nothing: its files may change. --try pins what answered"
            self.stdout.write(f"Pinned to {pinned}.")
        for study in studies:
            step = f"generate {study.slug} --wait"
            upload = f"import_outputs {study.slug} {version.system.slug} FILE"
            self.stdout.write(f"Next: python manage.py {step if info.resource else upload}")

    def _tried(
        self, slug: str, wanted: dict[str, Any], owner: User, studies: list[Study]
    ) -> dict[str, Any]:
        """What is registered, with what the trial found; raises ``UserError`` if it failed."""
        if not studies:
            raise UserError("--try puts a case of a study to the system: name one with --study.")
        settings = {name: wanted[name] for name in TRIED}
        case = case_versions_current(study=studies[0]).first()
        trial = trial_request(
            by=owner, study=studies[0], case_version=case, system_slug=slug, **settings
        )
        ended = self._wait(trial)
        if ended.status == Trial.Status.FAILED:
            raise UserError(f"Not registered, for it gave no answer: {ended.error}")
        self.stdout.write(json.dumps(ended.record, indent=1, ensure_ascii=False)[:MOST_SHOWN])
        return trial_fill(trial=ended, registered=wanted)

    def _wait(self, trial: Trial) -> Trial:
        started = time.monotonic()
        while not trial_look(trial=trial).ended:
            waiting = trial.status == Trial.Status.WAITING
            if waiting and time.monotonic() - started > PATIENCE_SECONDS:
                raise UserError(
                    f"No worker took the trial within {PATIENCE_SECONDS} seconds: is one running "
                    f"that serves {trial.resource!r}?"
                )
            time.sleep(0.2)
            trial.refresh_from_db()
        return trial


def _unread_refuse(adapter: str, options: dict[str, Any]) -> None:
    """What a model of one task would never see must not look as if it were heeded."""
    info = adapter_info(adapter)
    given = [f"--{name}" for name in ("prompt", "decoding") if options[name]]
    if given and info.has_weights and not info.prompted:
        raise UserError(f"{info.name} does not read {' or '.join(given)}: leave that out.")


def _wanted(adapter: str, options: dict[str, Any]) -> dict[str, Any]:
    """What ``system_register`` takes."""
    _unread_refuse(adapter, options)
    return {
        "adapter": adapter,
        "config": _config(options["config"], options["set"]),
        "prompt": _text(options["prompt"]) if options["prompt"] else "",
        "decoding": _json(options["decoding"]) if options["decoding"] else {},
        "aliases": options["alias"],
        "key": _key(options["key_file"]),
        **{key: options[key] for name in CARD if (key := name.replace("-", "_"))},
    }


def _owner(email: str | None) -> User:
    named = {"email__iexact": email} if email else {"is_superuser": True}
    found = User.objects.filter(**named).order_by("pk").first()
    if found is None:
        raise UserError(f"There is no {email or 'admin'}: name an account with --owner.")
    return found


def _study(slug: str) -> Study:
    found = Study.objects.filter(slug=slug).first()
    if found is None:
        raise UserError(f"There is no study {slug!r}.")
    return found


def _key(path: Path | None) -> str:
    """From a file or standard input, so that no shell's history keeps it."""
    if path is None:
        return ""
    return sys.stdin.readline().strip() if str(path) == "-" else _text(path).strip()


def _config(path: Path | None, pairs: list[str]) -> dict[str, Any]:
    config = _json(path) if path else {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise UserError(f"--set {pair!r}: write KEY=VALUE.")
        config[key] = _value(value)
    return config


def _value(text: str) -> Any:
    """Numbers, true, false, lists and objects as JSON; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(_text(path))
    except ValueError as error:
        raise UserError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(config, dict):
        raise UserError(f"{path} must hold a JSON object of settings.")
    return config


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as UTF-8 text: {error}") from error
