"""What raters type, searched for patterns that may point to a patient, before it is stored.

The patterns of case import, and what people write in a hurry: long numbers, names after a title
and dates in the languages of the site. The rater decides; the search does not de-identify.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from arena.core.errors import UserError
from arena.studies.case_import.phi import text_findings

MONTHS = (
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|januar|februar|märz|april|juni|juli|august|september|oktober|november|dezember"
)
MAY_POINT = gettext_lazy(
    "What you wrote may point to a patient, so nothing is stored yet: take it out, or say that it "
    "points to nobody"
)
MOST_READ = 10_000
"""Characters; no field keeps as many, and the search must not last as long as somebody likes."""
TITLES = "Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Hr|Fr|Mme|Mlle|Monsieur|Madame"
CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
KINDS = (
    gettext_noop("e-mail address"),
    gettext_noop("web address"),
    gettext_noop("record number"),
    gettext_noop("account, plan or licence number"),
    gettext_noop("device or vehicle number"),
    gettext_noop("date"),
    gettext_noop("date of birth"),
    gettext_noop("age over 89"),
    gettext_noop("name"),
    gettext_noop("IP address"),
    gettext_noop("social security number"),
    gettext_noop("telephone number"),
    gettext_noop("ZIP code"),
    gettext_noop("street address"),
    gettext_noop("number as long as a record number"),
)
"""What may be found, for the catalogs of translations."""
MORE = (
    ("number as long as a record number", re.compile(r"(?<![\w.])\d{6,}(?![\w.])")),
    ("name", re.compile(rf"\b(?:{TITLES})\.?(?: {CAPITALISED}){{1,2}}")),
    ("name", re.compile(r"\bM\. [A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'’-]+")),
    ("date", re.compile(rf"\b\d{{1,2}}(?:\.|er)? (?:{MONTHS})\b", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Finding:
    """``where``: the field it was typed into, as the rater knows it."""

    where: str
    kind: str
    excerpt: str

    def __str__(self) -> str:
        return f"{self.where}: {_(self.kind)} “{self.excerpt}”"


class IdentifierError(UserError):
    """Something typed may point to a patient, and nobody has said yet that it does not."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        found = "; ".join(str(finding) for finding in findings)
        super().__init__(f"{MAY_POINT} ({found}).")


def findings_in(texts: Mapping[str, str]) -> list[Finding]:
    """``texts``: what was typed, by field. One finding per excerpt."""
    return [
        Finding(where, kind, excerpt)
        for where, text in texts.items()
        for excerpt, kind in _found(text[:MOST_READ]).items()
    ]


def _found(text: str) -> dict[str, str]:
    """The kinds by excerpt, without what another excerpt holds: a whole name, not half of it."""
    more = ((kind, match[0]) for kind, pattern in MORE for match in pattern.finditer(text))
    found: dict[str, str] = {}
    for kind, excerpt in (*text_findings(text), *more):
        found.setdefault(excerpt, kind)
    held = {one for one in found for other in found if one != other and one in other}
    return {excerpt: kind for excerpt, kind in found.items() if excerpt not in held}


def findings_refuse(texts: Mapping[str, str], *, accepted: bool) -> list[Finding]:
    """What was found and accepted. Raises ``IdentifierError`` for what was not."""
    findings = findings_in(texts)
    if findings and not accepted:
        raise IdentifierError(findings)
    return findings


def signature(findings: Iterable[Finding]) -> str:
    """Stands for exactly these findings: accepting them accepts nothing that is typed later."""
    return hashlib.sha256("\n".join(str(finding) for finding in findings).encode()).hexdigest()[:16]
