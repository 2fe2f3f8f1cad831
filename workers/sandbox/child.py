"""The confined side: loads one adapter, answers what it is asked, until nobody asks any more.

Started by ``process`` as ``python -m workers.sandbox.child``. What the code prints goes the way of
its errors, so that it cannot be taken for an answer.
"""

import os
import threading
from importlib import import_module
from pathlib import Path
from time import sleep
from typing import BinaryIO

from workers import sandbox
from workers.adapters.base import Adapter, AdapterError, adapter_error
from workers.sandbox.confinement import confine
from workers.sandbox.wire import Message, ask_heard, error_told, line_of, message_of, result_told

LOOK_SECONDS = 1.0


def main() -> None:
    heard, told = _pipes()
    begun = message_of(heard.readline())
    held = confine(
        scratch=Path(begun["scratch"]),
        reads=[Path(path) for path in begun["reads"]],
        hidden=Path(begun["hidden"]),
        limits=begun["limits"],
    )
    sandbox.inside = True
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    module, _, name = begun["place"].partition(":")
    adapter = getattr(import_module(module), name)(begun["config"], begun["revision"])
    _say(told, _loaded(adapter, held))
    for line in heard:
        _answer(adapter, message_of(line), told)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the worker, moved away from where ``print`` and ``input`` would find them."""
    heard, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return heard, told


def _loaded(adapter: Adapter, held: Message) -> Message:
    try:
        adapter.load()
        known = {"identity": adapter.identity(), "holds": dict(adapter.holds())}
        return {"ready": True, "sandbox": held, "batch": adapter.batch, **known}
    except Exception as error:
        return {"error": error_told(adapter_error(error)), "sandbox": held}


def _answer(adapter: Adapter, asked: Message, told: BinaryIO) -> None:
    asks = [ask_heard(each) for each in asked["asks"]]
    numbers = {id(ask): number for number, ask in enumerate(asks)}
    for result in adapter.results(asks):
        number = numbers[id(result.ask)]
        try:
            _say(told, result_told(number, result))
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            problem = f"What came back cannot be told in JSON: {error}"
            odd = AdapterError(problem, failure="invalid_output")
            _say(told, {"number": number, "error": error_told(odd)})
    _say(told, {"done": True})


def _say(told: BinaryIO, message: Message) -> None:
    told.write(line_of(message))
    told.flush()


def _end_with(parent: int) -> None:
    """A worker that was killed cannot end us; whatever is under way is nobody's any more."""
    while os.getppid() == parent:
        sleep(LOOK_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
