"""A conversation with a system, turn by turn: what was said so far, and what is asked next."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from arena.studies.formats.base import AssetUrl, Content, plain_text
from arena.studies.formats.structured import Structured
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError
from evaluation.kinds import checks

MOST_TURNS = 200
ROLES = {"user": "user", "patient": "user", "assistant": "assistant", "clinician": "assistant"}
NAMES = {"user": gettext_noop("User"), "assistant": gettext_noop("Assistant")}


class Conversation(Structured):
    key: str = "conversation"
    title: str = "Conversation"
    accepts: str = (
        "A JSON Lines or CSV file with the columns “key” and “turns”: a list of "
        "{“role”, “text”}, the role user (or patient) or assistant (or clinician), in order."
    )
    fields: tuple[str, ...] = ("caption", "turns")
    required: tuple[str, ...] = ("turns",)
    parsed: tuple[str, ...] = ("turns",)
    styles: tuple[str, ...] = ()
    template: str = "studies/formats/conversation.html"

    def clean(self, content: Content) -> Content:
        """What a system must answer comes last, or nothing would be left to say."""
        found = checks.items(content.get("turns"), "turns", most=MOST_TURNS)
        turns = [_turn(item, f"turns[{i}]") for i, item in enumerate(found)]
        if not turns or turns[-1]["role"] != "user":
            raise CaseError("turns", "must end with a turn of the user, for a system to answer")
        return {"turns": turns}

    def text(self, content: Content) -> str:
        return "\n\n".join(f"{NAMES[turn['role']]}: {turn['text']}" for turn in content["turns"])

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        turns = version.content["turns"]
        named = [{"name": _(NAMES[turn["role"]]), "text": turn["text"]} for turn in turns]
        return {"caption": version.content["caption"], "turns": named}


def _turn(item: Any, field: str) -> Content:
    checks.fields(item, field, required=["role", "text"])
    role = ROLES[checks.one_of(item["role"], f"{field}.role", tuple(ROLES))]
    return {"role": role, "text": plain_text(item["text"], f"{field}.text")}


FORMAT = Conversation()
