"""The case without one of its modalities: does the system look at it at all?"""

from dataclasses import replace

from workers.adapters.base import AdapterError, Ask
from workers.strategies.base import Changed, OptionError


class ModalityDrop(Changed):
    """``drop``: kinds of parts to leave out, such as ``["image"]`` or ``["text"]``."""

    key = "modality-drop"
    title = "Modality drop"
    help = "Leaves out the images, the text or another part of each case."
    known = ("drop",)

    def load(self) -> None:
        given = self.options.get("drop")
        if not isinstance(given, list) or not given:
            raise OptionError("'drop' of modality-drop must list kinds of parts, as in image.")

    def changed(self, ask: Ask) -> Ask:
        kept = tuple(part for part in ask.parts if part.kind not in self.options["drop"])
        if len(kept) == len(ask.parts):
            problem = f"The case has no {' or '.join(self.options['drop'])} to leave out."
            raise AdapterError(problem, failure="rejected_by_policy")
        return replace(ask, parts=kept)


STRATEGY = ModalityDrop
