"""Any service that takes JSON and answers with JSON: which field is which is declared."""

import hashlib
import json
from typing import Any

from workers.adapters.base import AdapterError, Answer, Ask
from workers.adapters.json_mapping import at, filled, least_size, picked
from workers.adapters.remote import Remote, left_until
from workers.adapters.safe_http import Reply, post_json
from workers.adapters.server_errors import error_for

MOST_SENT_BYTES = 64 * 2**20


class HttpJson(Remote):
    """``base_url``: where to POST; ``request`` and ``record``: templates (see ``json_mapping``).

    ``refused``: a path that holds something where the service declines; ``version``: one that
    says what answered.
    """

    def answer(self, ask: Ask) -> Answer:
        ends, template = self.deadline(), self.config["request"]
        _check_size(least_size(template, ask))  # before that much is made
        body = filled(template, ask, key=self.key())
        sent = json.dumps(filled(template, ask), sort_keys=True).encode()
        _check_size(len(sent))
        address, headers = self.config["base_url"], self.key_headers()
        reply = _json(post_json(address, body, headers=headers, seconds=left_until(ends)))
        self._refuse(reply)
        known = {"sent_sha256": hashlib.sha256(sent).hexdigest(), **self._version(reply)}
        record, files = picked(self.config["record"], reply)
        if not isinstance(record, dict):
            problem = "What the record's path leads to is no object."
            raise AdapterError(problem, failure="invalid_output")
        return Answer(record, known, files)

    def _refuse(self, reply: Any) -> None:
        said = _maybe(self.config.get("refused"), reply)
        if said:
            raise AdapterError(str(said)[:500], failure="refused")

    def _version(self, reply: Any) -> dict[str, Any]:
        said = _maybe(self.config.get("version"), reply)
        return {"served": {"version": said}} if said is not None else {}


def _check_size(size: int) -> None:
    if size > MOST_SENT_BYTES:
        problem = f"The case makes a request of {size // 2**20} MB; at most 64 are sent."
        raise AdapterError(problem, failure="rejected_by_policy")


def _maybe(path: str | None, reply: Any) -> Any:
    try:
        return at(path, reply) if path else None
    except AdapterError:
        return None


def _json(reply: Reply) -> Any:
    if not 200 <= reply.status < 300:
        raise error_for(reply)
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise AdapterError("The service did not send JSON.", failure="invalid_output") from error
