"""How what one side marked meets what the other did, in the same words for every kind."""

from enum import StrEnum

from django.utils.translation import gettext_lazy


class Meeting(StrEnum):
    """What the other side made of a mark."""

    BOTH = "both"
    BOUNDARY = "boundary"
    TYPE = "type"
    ONLY = "only"


MEANING = {
    Meeting.BOTH: gettext_lazy("on both sides"),
    Meeting.BOUNDARY: gettext_lazy("other bounds there"),
    Meeting.TYPE: gettext_lazy("other label there"),
    Meeting.ONLY: gettext_lazy("only here"),
}
