"""Failure classes in words."""

from django import template

from arena.generations import selectors

register = template.Library()


@register.filter
def failure_words(failure: str) -> str:
    return selectors.failure_words(failure)
