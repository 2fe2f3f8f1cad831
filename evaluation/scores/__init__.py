"""Scores of an output against a reference: small pure functions, one module per shape of answer.

Conventions: better overlap is nearer 1; distances and errors are nearer 0. A score that the data do
not define (0/0) is NaN unless the function says otherwise; two empty answers agree fully.
"""
