"""Navigation of a study's pages: which tabs there are depends on who looks."""

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext_noop

from arena.studies.access import Action, roles_for, roles_of
from arena.studies.formats import formats
from arena.studies.models import Study
from evaluation.kinds import kinds

register = template.Library()

STUDY_TABS = (
    ("study", gettext_noop("Study"), Action.SEE),
    ("vote", gettext_noop("Vote"), Action.VOTE),
    ("my-votes", gettext_noop("My votes"), Action.SEE_OWN_VOTES),
    ("leaderboard", gettext_noop("Leaderboard"), Action.SEE_LEADERBOARD),
    ("agreement", gettext_noop("Agreement"), Action.SEE_AGREEMENT),
    ("study-manage", gettext_noop("Manage"), Action.MANAGE),
)
MANAGE_TABS = (
    ("study-manage", "Overview"),
    ("manage-protocol", "Protocol"),
    ("manage-cases", "Cases"),
    ("manage-systems", "Systems"),
    ("manage-raters", "Raters"),
    ("manage-qualification", "Qualification"),
    ("manage-results", "Results"),
)
Tab = dict[str, Any]


@register.filter
def kind_title(key: str) -> str:
    """What people call a case format or an output kind; a kind that is gone keeps its key."""
    known = formats().get(key) or kinds().get(key)
    return known.title if known else key


@register.inclusion_tag("studies/_tabs.html", takes_context=True)
def study_tabs(context: Context, study: Study) -> dict[str, Any]:
    """The pages of a study that this person may open."""
    roles = roles_of(user=context["request"].user, study=study)
    names = [
        (name, label)
        for name, label, action in STUDY_TABS
        if roles & roles_for(action=action, study=study)
    ]
    return {"label": gettext_noop("Study pages"), "tabs": _tabs(context, study, names)}


@register.inclusion_tag("studies/_tabs.html", takes_context=True)
def manage_tabs(context: Context, study: Study) -> dict[str, Any]:
    """The coordinator's pages of a study."""
    return {"label": "Manage the study", "tabs": _tabs(context, study, MANAGE_TABS), "small": True}


def _tabs(context: Context, study: Study, names: Any) -> list[Tab]:
    path = context["request"].path
    tabs = [{"label": label, "url": reverse(name, args=[study.slug])} for name, label in names]
    # The page one is on: the tab whose address is the longest beginning of this one.
    inside = [tab["url"] for tab in tabs if path.startswith(tab["url"])]
    here = max(inside, key=len, default=None)
    return [{**tab, "current": tab["url"] == here} for tab in tabs]
