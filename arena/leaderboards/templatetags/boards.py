"""Figures in templates."""

from django import template

from arena.leaderboards.presentation import percent

register = template.Library()
register.filter("as_percent", percent)
