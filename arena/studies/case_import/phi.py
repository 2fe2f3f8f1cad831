"""A linter for identifiers in case text. It finds patterns; it does not de-identify.

The kinds follow 45 CFR 164.514(b)(2) as far as patterns go: names only after a title or a label,
no faces, no places smaller than a ZIP code. An import stops at findings until a person has looked
at each and says that none points to a patient (``--accept-phi-findings``); the audit trail keeps
that they did. Cases marked synthetic are not searched: their dates and names are invented.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from arena.core.errors import UserError
from arena.studies.case_import.rows import Row
from arena.studies.new_case import NewCase

# Each pattern begins with one character or one class and looks back from there, instead of with
# \b: Python's engine then skips through the text, four times faster over all kinds.
WORD = r"(?<!\w.)"  # after the first character: it begins a word
MONTH = (
    r"(?:an(?:uary)?|eb(?:ruary)?|ar(?:ch)?|pr(?:il)?|(?-i:(?<=M)ay)|une?|uly?|ug(?:ust)?"
    r"|ep(?:t(?:ember)?)?|ct(?:ober)?|ov(?:ember)?|ec(?:ember)?)\b"  # without its first letter
)
NUMBERED = r"\W{0,3}(?:no|number|num|id|#)?\W{0,3}(?=[A-Z-]*\d)[A-Z0-9-]{5,}\b"
ANY_CASE = [
    ("e-mail address", r"@(?<=[\w.+-]@)[\w-]+(?:\.[\w-]+)+"),
    ("web address", r"://[^\s/]\S+"),
    ("web address", r"www\.\S+\.\S+"),
    ("record number", rf"[mpc]{WORD}(?:rn|edical record|atient id|hart){NUMBERED}"),
    (
        "account, plan or licence number",
        rf"[apmbhcl]{WORD}(?:ccount|cct|olicy|ember|eneficiary|ealth plan|ertificate|icen[cs]e)"
        + NUMBERED,
    ),
    ("device or vehicle number", rf"[sdvp]{WORD}(?:erial|evice id|in|late){NUMBERED}"),
    ("date", rf"[jfmasond]{WORD}{MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?! ?m[gl])"),
    ("date", rf"\d(?<!\w\d)\d?(?:st|nd|rd|th)? [jfmasond]{MONTH}"),
    (
        "date of birth",
        rf"[db]{WORD}(?:ate of birth|irth ?date|\.?o\.?b\.?)\b\W{{0,3}}.{{0,25}}?\d+",
    ),
    ("age over 89", rf"[91]{WORD}(?:\d|[01]\d)[ -]?(?:years?[ -]old|y/?o\b|yr)"),
    ("age over 89", rf"a{WORD}ge[d:]? 9\d\b"),
    ("name", rf"n{WORD}ame is [a-z]+ [a-z]+\b"),
]
CASE_AS_IS = [
    ("IP address", r"\d(?<![\d.]\d)\d{0,2}(?:\.\d{1,3}){3}(?![\d.])"),
    ("social security number", r"\d(?<![\d-]\d)\d\d-\d\d-\d{4}(?![\d-])"),
    ("telephone number", r"\d(?<![\d.-]\d)\d\d\)?[ .-]?\d{3}[ .-]\d{4}(?![\d-])"),
    ("telephone number", r"\+\d{1,3}(?:[ .-]?\d{2,4}){3,4}(?!\d)"),
    (  # as written at home in Europe: 020 7946 0958, 06 12 34 56 78, 030 12345-67
        "telephone number",
        r"0(?<![\w.,]0)(?=(?:[ /-]?\d){8,14}(?!\d))[1-9]\d{0,4}(?:[ /-]\d{2,8}){1,4}\b",
    ),
    ("date", r"\d(?<!\w\d)\d?([/.-])\d{1,2}\1(?:19|20)?\d{2}\b"),
    ("date", rf"[12]{WORD}[90]\d\d[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b"),
    ("ZIP code", rf"[A-Z]{WORD}[A-Z],? \d{{5}}(?:-\d{{4}})?\b"),
    (
        "street address",
        r"\d(?<!\w\d)\d{0,4} (?:[A-Z][a-z]+ ){1,3}"
        r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Boulevard|Blvd)\b",
    ),
    ("name", rf"[MD]{WORD}(?:rs?|s|iss)\.? [A-Z][a-z]+\b"),
    ("name", rf"[PN]{WORD}(?:atient(?:'s)? name|ame)[ \t]*:[ \t]*[A-Z][a-z]+"),
]
COMPILED = [
    (kind, re.compile(pattern, flags))
    for patterns, flags in ((ANY_CASE, re.IGNORECASE), (CASE_AS_IS, re.NOFLAG))
    for kind, pattern in patterns
]
MOST_NAMED = 5


@dataclass(frozen=True)
class Finding:
    where: str
    key: str
    kind: str
    excerpt: str


class PhiError(UserError):
    """Identifiers were found; nothing was stored. ``findings`` holds all of them."""

    def __init__(self, file: str, findings: list[Finding]) -> None:
        self.findings = findings
        named = "; ".join(f"{f.where}: {f.kind} “{f.excerpt}”" for f in findings[:MOST_NAMED])
        more = f"; and {len(findings) - MOST_NAMED} more" if len(findings) > MOST_NAMED else ""
        super().__init__(
            f"{file}: {len(findings)} possible identifiers of patients ({named}{more}): remove "
            "them, or accept the findings once you have looked at each."
        )


def refuse_findings(cases: Iterable[tuple[Row, NewCase]], *, file: str) -> None:
    """Raises ``PhiError`` if any case that is not synthetic holds a pattern of an identifier."""
    findings = [finding for row, case in cases for finding in case_findings(row.where, case)]
    if findings:
        raise PhiError(file, findings)


def case_findings(where: str, case: NewCase) -> Iterator[Finding]:
    if case.synthetic:
        return
    fields = [case.key, case.title, case.content, case.reference, case.strata]
    found = [hit for text in _texts(fields) for hit in text_findings(text)]
    for kind, excerpt in dict.fromkeys(found):
        yield Finding(where, case.key, kind, excerpt)


def text_findings(text: str) -> Iterator[tuple[str, str]]:
    """Kind and excerpt of everything in ``text`` that looks like an identifier."""
    for kind, pattern in COMPILED:
        for match in pattern.finditer(text):
            begin = max(text.rfind(blank, 0, match.start()) for blank in " \n") + 1
            yield kind, " ".join(text[begin : match.end()].split())[-60:]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
