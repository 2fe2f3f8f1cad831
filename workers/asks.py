"""From a claimed row to what an adapter is asked; nothing of the study's identity goes along."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from arena.core.errors import UserError
from arena.generations.models import Generation, Trial
from arena.generations.services import outside_refuse
from arena.studies.formats import case_facts, format_for
from arena.studies.models import Asset, CaseVersion, Protocol, Study
from arena.studies.selectors import protocol_current
from workers.adapters.base import CONTENT, AdapterError, Ask, Part, Turn


def ask_for(row: Generation) -> Ask:
    """The ask for ``row``; reads the case's files, so call it outside any transaction.

    Raises ``AdapterError`` where the study no longer lets its cases leave this installation.
    """
    study, version = row.study_system.study, row.study_system.version
    _keep_inside(study, version.asked.config)
    protocol = protocol_current(study=study)
    return _ask(
        row.case_version, protocol, version.prompt, decoding=version.decoding, seed=seed_of(row)
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
    return _ask(trial.case_version, protocol, trial.prompt, decoding=trial.decoding, seed=0)


def _ask(version: CaseVersion, protocol: Protocol, prompt: str, **settings: Any) -> Ask:
    return Ask(
        case_id=version.digest,
        question=protocol.question,
        parts=parts_of(version),
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


def parts_of(version: CaseVersion) -> tuple[Part, ...]:
    """The case's text, its content as JSON where it is more than a text, and its files."""
    return (*_texts(version), *_content(version), *_files(version))


def _content(version: CaseVersion) -> list[Part]:
    if not format_for(version.input_kind).structured:
        return []
    data = json.dumps(version.content, ensure_ascii=False, sort_keys=True).encode()
    return [Part("application", data, name=CONTENT, media_type="application/json")]


def _texts(version: CaseVersion) -> list[Part]:
    text, case_format = case_facts(version).text, format_for(version.input_kind)
    name = "text" if case_format.structured else case_format.fields[0]
    return [Part("text", text, name=name)] if text else []


def _turns(version: CaseVersion) -> tuple[Turn, ...]:
    content = version.content if isinstance(version.content, dict) else {}
    return tuple(Turn(turn["role"], turn["text"]) for turn in content.get("turns") or [])


def _files(version: CaseVersion) -> list[Part]:
    return [
        Part(
            asset.media_type.partition("/")[0],
            _read(asset),
            name=asset.name,
            media_type=asset.media_type,
            meta=asset.meta,
        )
        for asset in version.assets.order_by("name")
        if not asset.meta.get("preview")
    ]


def _read(asset: Asset) -> bytes:
    with asset.file.open() as file:
        return bytes(file.read())
