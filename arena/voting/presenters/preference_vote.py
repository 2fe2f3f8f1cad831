"""A judge's decision in words."""

from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown

MEANING = {
    "a": "A is better",
    "b": "B is better",
    "tie": "About the same (a tie)",
    "both_bad": "Both are unacceptable (both bad)",
}


class PreferenceVotePresenter(Presenter):
    key = "preference-vote"
    template = "voting/kinds/preference-vote.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        reason = shown.record.get("reason", "")
        return {"winner": MEANING[shown.record["winner"]], "html": markdown_html(reason)}


PRESENTER = PreferenceVotePresenter()
