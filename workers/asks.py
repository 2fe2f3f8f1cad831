"""From a claimed row to what an adapter is asked; nothing of the study's identity goes along."""

import hashlib
from collections.abc import Mapping
from typing import Any

from arena.core.errors import UserError
from arena.generations.adapters import sense_for
from arena.generations.models import Generation, Trial
from arena.generations.services import outside_refuse
from arena.generations.sight import look_for
from arena.studies.models import CaseVersion, Protocol, Study
from arena.studies.selectors import protocol_current
from workers.adapters.base import AdapterError, Ask, Part, Turn
from workers.parts import parts_for


def ask_for(row: Generation) -> Ask:
    """The ask for ``row``; reads the case's files, so call it outside any transaction.

    Raises ``AdapterError`` where the study no longer lets its cases leave this installation, and
    where the system cannot take the case.
    """
    study, version = row.study_system.study, row.study_system.version
    _keep_inside(study, version.asked.config)
    protocol = protocol_current(study=study)
    return _ask(
        row.case_version,
        protocol,
        version.prompt,
        parts=_parts(row.case_version, version.asked.adapter, version.asked.config),
        decoding=version.decoding,
        seed=seed_of(row),
    )


def ask_to_try(trial: Trial) -> Ask:
    """The ask of a trial: a case as the study would put it, or a text of somebody's own.

    Raises ``AdapterError`` where the study does not let its cases leave this installation.
    """
    if trial.again is not None:
        return ask_for(trial.again)
    if trial.study is None or trial.case_version is None:
        text = Part("text", trial.text, name="text")
        return Ask(
            case_id=hashlib.sha256(trial.text.encode()).hexdigest(),
            question="",
            parts=(text,),
            output_kind=trial.output_kind,
            prompt=trial.prompt,
            decoding=trial.decoding,
        )
    _keep_inside(trial.study, trial.asked_config)
    protocol = protocol_current(study=trial.study)
    return _ask(
        trial.case_version,
        protocol,
        trial.prompt,
        parts=_parts(trial.case_version, trial.asked_adapter, trial.asked_config),
        decoding=trial.decoding,
        seed=0,
    )


def _parts(version: CaseVersion, adapter: str, config: Mapping[str, Any]) -> tuple[Part, ...]:
    """As much of the case, and in that form, as this system takes."""
    return parts_for(version, sense_for(adapter, config), look_for(config))


def _ask(version: CaseVersion, protocol: Protocol, prompt: str, **settings: Any) -> Ask:
    return Ask(
        case_id=version.digest,
        question=protocol.question,
        output_kind=protocol.output_kind,
        prompt=prompt,
        turns=_turns(version),
        **settings,
    )


def _keep_inside(study: Study, config: Mapping[str, Any]) -> None:
    try:
        outside_refuse(study=study, config=config)
    except UserError as error:
        raise AdapterError(str(error), failure="rejected_by_policy") from error


def seed_of(row: Generation) -> int:
    """32 bits drawn from study, system version, case content and repeat: the same on every run."""
    parts = [
        row.study_system.study.seed,
        row.study_system.version.digest,
        row.case_version.digest,
        row.repeat,
    ]
    text = ":".join(str(part) for part in parts)
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def _turns(version: CaseVersion) -> tuple[Turn, ...]:
    """What was said so far; a line about the case stands before the user's first words."""
    content = version.content if isinstance(version.content, dict) else {}
    turns = [Turn(turn["role"], turn["text"]) for turn in content.get("turns") or []]
    first = next((n for n, turn in enumerate(turns) if turn.role == "user"), None)
    if first is not None and content.get("caption"):
        words = f"{content['caption']}\n\n{turns[first].text}"
        turns[first] = Turn("user", words)
    return tuple(turns)
