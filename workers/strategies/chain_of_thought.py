"""Thinking in writing before the answer (Wei et al. 2022, arXiv 2201.11903)."""

from workers.adapters.base import AdapterError, Ask
from workers.adapters.records import record_of
from workers.strategies.base import Call, Plan, Strategy, in_words, text_of, with_text, words_of

MARK = "FINAL ANSWER:"
INSTRUCTION = f"Think step by step. Then write {MARK} and after it nothing but the answer."


class ChainOfThought(Strategy):
    """``instruction``: what is asked for; the answer is what follows the last "FINAL ANSWER:".

    What was thought stays in the trace; raters see the answer alone.
    """

    key = "chain-of-thought"
    title = "Chain of thought"
    help = "Asks for the reasoning first; raters see what follows “FINAL ANSWER:”."
    known = ("instruction",)

    def plan(self, ask: Ask) -> Plan:
        instruction = self.options.get("instruction", INSTRUCTION)
        asked = with_text(ask, f"{text_of(ask)}\n\n{instruction}")
        (answer,) = yield [Call(self.key, in_words(asked))]
        _, marked, final = words_of(answer).rpartition(MARK)
        if not marked:
            problem = f"The answer holds no {MARK!r}."
            raise AdapterError(problem, failure="invalid_output")
        return record_of(ask.output_kind, final.strip())


STRATEGY = ChainOfThought
