"""A draft, a critique by the system itself, and a revision (Madaan et al. 2023, 2303.17651)."""

from workers.adapters.base import Ask
from workers.adapters.records import record_of
from workers.strategies.base import Call, Plan, Strategy, in_words, text_of, with_text, words_of

CRITIQUE = "List what is wrong, missing or unsafe in this draft. Be specific and short."
REVISION = "Write the answer again with these faults mended. Write nothing but the answer."


class Reflection(Strategy):
    """``rounds`` of critique and revision after the draft."""

    key = "self-reflection"
    title = "Self-reflection"
    help = "Lets the system criticise its draft and write it again."
    known = ("rounds",)

    def plan(self, ask: Ask) -> Plan:
        text = text_of(ask)
        (answer,) = yield [Call("draft", in_words(ask))]
        draft = words_of(answer)
        for _ in range(self.count("rounds", 1, most=8)):
            shown = f"{text}\n\nDraft:\n{draft}"
            (answer,) = yield [Call("critique", _asked(ask, f"{shown}\n\n{CRITIQUE}"))]
            shown += f"\n\nCritique:\n{words_of(answer)}"
            (answer,) = yield [Call("revision", _asked(ask, f"{shown}\n\n{REVISION}"))]
            draft = words_of(answer)
        return record_of(ask.output_kind, draft)


def _asked(ask: Ask, text: str) -> Ask:
    return in_words(with_text(ask, text))


STRATEGY = Reflection
