"""Asks a system one case before it is registered."""

import logging
from dataclasses import replace
from typing import Any

from arena.core.errors import UserError
from arena.generations.models import SystemVersion, Trial
from arena.generations.services import trial_claim, trial_complete, trial_fail, trial_key
from workers import runner
from workers.adapters.base import (
    Adapter,
    AdapterError,
    Result,
    adapter_error,
    fingerprint,
    prompt_known,
)
from workers.adapters.model_card import facts_of
from workers.asks import ask_to_try

logger = logging.getLogger(__name__)


def run(*, trial_id: int) -> None:
    """Ask, unless another worker was first; whatever comes back is kept for whoever tries."""
    trial = trial_claim(trial_id=trial_id)
    if trial is None:
        return
    facts: dict[str, Any] = {}
    try:
        ask, key = ask_to_try(trial), trial_key(trial=trial)
        with runner.residents.use(_version(trial)) as resident:
            resident.adapter.secret = key
            facts = _facts(resident.adapter)
            result = next(iter(resident.adapter.results([ask])))
            asked = {"ask": fingerprint(ask), **prompt_known(ask)}
            known = {"identity": resident.adapter.identity(), **asked, **result.provenance}
            _keep(trial, replace(result, provenance=known), facts)
    except (AdapterError, OSError) as error:
        _fail(trial, adapter_error(error), facts)
    except UserError as error:
        _fail(trial, AdapterError(str(error), failure="rejected_by_policy"), facts)
    except Exception as error:
        logger.exception("%s could not be tried", trial.adapter)
        _fail(trial, adapter_error(error), facts)


def _version(trial: Trial) -> SystemVersion:
    """What residents know systems by; never stored, with a number that no version has."""
    return SystemVersion(
        pk=-trial.pk,
        adapter=trial.adapter,
        revision=trial.revision,
        config=trial.config,
        prompt=trial.prompt,
        decoding=trial.decoding,
        digest=f"trial {trial.uuid}",
    )


def _facts(adapter: Adapter) -> dict[str, Any]:
    try:
        return facts_of(adapter)
    except OSError:
        logger.exception("a model card could not be read")
        return {}


def _keep(trial: Trial, result: Result, facts: dict[str, Any]) -> None:
    if result.answer is None:
        error = result.error or AdapterError("no answer came back")
        error.known = {**result.provenance, **error.known}
        return _fail(trial, error, facts)
    return trial_complete(
        trial=trial,
        record=result.answer.record,
        provenance={**result.provenance, **result.answer.provenance, "seed": result.ask.seed},
        facts=facts,
        files=result.answer.files,
    )


def _fail(trial: Trial, error: AdapterError, facts: dict[str, Any]) -> None:
    trial_fail(
        trial=trial,
        failure=error.failure,
        error=str(error),
        provenance=error.known,
        facts=facts,
    )
