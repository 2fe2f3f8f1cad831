"""How what one side marked meets what the other did, in the same words for every kind."""

from enum import StrEnum


class Meeting(StrEnum):
    """What the other side made of a mark."""

    BOTH = "both"
    BOUNDARY = "boundary"
    TYPE = "type"
    ONLY = "only"


MEANING = {
    Meeting.BOTH: "on both sides",
    Meeting.BOUNDARY: "other bounds there",
    Meeting.TYPE: "other label there",
    Meeting.ONLY: "only here",
}
