"""A function of one's own for ``python-callable``: answers with what its prompt holds.

It runs in the worker, or in a process of its own, so nothing of the site is imported.
"""

import base64
import json

from workers.adapters.base import Answer, Ask


def answer(ask: Ask) -> Answer:
    told = json.loads(ask.prompt)
    files = {name: base64.b64decode(data) for name, data in told["files"].items()}
    return Answer(told["record"], files=files)
