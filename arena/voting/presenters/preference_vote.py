"""A judge's decision in words."""

from typing import Any

from django.utils.translation import gettext_lazy

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown

MEANING = {
    "a": gettext_lazy("A is better"),
    "b": gettext_lazy("B is better"),
    "tie": gettext_lazy("About the same (a tie)"),
    "both_bad": gettext_lazy("Both are unacceptable (both bad)"),
}


class PreferenceVotePresenter(Presenter):
    key = "preference-vote"
    template = "voting/kinds/preference-vote.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        reason = shown.record.get("reason", "")
        return {"winner": str(MEANING[shown.record["winner"]]), "html": markdown_html(reason)}


PRESENTER = PreferenceVotePresenter()
