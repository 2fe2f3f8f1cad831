"""Votes cast elsewhere, or exported from another study: all of a file is stored, or nothing."""

from arena.exports.vote_import.grouping import ImportedVote, grouped
from arena.exports.vote_import.rows import outcomes_read
from arena.exports.vote_import.store import votes_store

__all__ = ["ImportedVote", "grouped", "outcomes_read", "votes_store"]
