"""The README inside every export."""

from arena.exports.data import ExportData
from arena.voting.counting import EXCLUSION_LABELS, Exclusion

SIMULATED = """**SIMULATED.** These votes were made by a program. They say nothing about any system.

"""

RECOMPUTE = """
## Compute the leaderboard again

    python -m evaluation rate {file} --format json

gives the figures of the study's page for “{criterion}”, to the last digit. `votes-KEY` files hold
the other criteria. `excluded` holds votes that are stored but do not count, with the reason.
"""

ABOUT_PAIRS = """
## About the pairs

One line per counted vote with a winner on “{criterion}”; ties and “both unacceptable” are left
out, as are cases withdrawn from the study. `prompt` is the study's question and the case.
"""


def readme(data: ExportData, *, title: str, files: list[str]) -> str:
    """Says what the files are; holds no time of making, so equal votes give equal bytes."""
    study, protocol = data.study, data.protocol
    listed = "\n".join(f"- `{file}`" for file in files)
    headline = data.votes[data.headline]
    return (
        f"# {study.title}: {title}\n\n"
        f"{SIMULATED if data.simulated else ''}"
        "For research only; not for the care of patients. "
        f"{'All cases are synthetic.' if study.synthetic else ''}\n\n"
        f"- Study: {study.slug}\n"
        f"- Question: {protocol.question}\n"
        f"- Criteria: {', '.join(criterion.key for criterion in data.criteria)}\n"
        f"- Protocol version: {protocol.version}; scale: {protocol.get_scale_display()}\n"
        f"- Votes: {len(headline.counted)} counted, origin {data.origin}, "
        f"up to vote {data.last_vote}\n"
        f"- Left out: {_left_out(headline.excluded_counts)}\n"
        f"- Cases from: {study.case_source or 'not recorded'}\n"
        f"- Ethics: {study.ethics or 'not recorded'}\n\n"
        f"## Files\n\n{listed}\n- `SHA256SUMS`: checks with `sha256sum -c SHA256SUMS`\n"
        f"{_about(data, files)}\n"
        "Raters appear under a pseudonym. A profession and specialty shared by fewer than five\n"
        "raters are written as “other”. Notes and reasons are as the rater typed them.\n"
    )


def _left_out(counts: dict[str, int]) -> str:
    texts = [f"{n} {EXCLUSION_LABELS[Exclusion(reason)]}" for reason, n in counts.items()]
    return "; ".join(texts) or "none"


def _about(data: ExportData, files: list[str]) -> str:
    votes = next((file for file in files if file.startswith("votes.")), None)
    text = ABOUT_PAIRS if votes is None else RECOMPUTE
    return text.format(file=votes, criterion=data.criteria[0].label)
