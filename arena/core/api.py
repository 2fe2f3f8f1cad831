"""How the API answers when something is wrong."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from arena.core.errors import FaultsError, UserError


class ShallowJSONParser(JSONParser):
    """JSON that somebody nested until Python gives up is the sender's fault, not ours."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """A ``UserError`` becomes status 400 with its sentence; the rest is DRF's.

    Several faults of a file are listed as well.
    """
    if isinstance(error, FaultsError):
        error = ValidationError({"detail": str(error), "faults": list(map(str, error.faults))})
    elif isinstance(error, UserError):
        error = ValidationError({"detail": str(error)})
    return default_handler(error, context)
