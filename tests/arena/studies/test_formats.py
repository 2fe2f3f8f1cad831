"""Case formats: found by being there, and true to the text they cut."""

import pytest
from django.template.loader import get_template
from hypothesis import given
from hypothesis import strategies as st

from arena.studies.formats import format_for, formats
from arena.studies.formats.clinical_note import sections

NOTE = """Seen in clinic.

HISTORY OF PRESENT ILLNESS:
Cough for 3 days.

Past Medical History:
None.

## Plan
Rest.
PO2 80
"""


def test_formats_are_found_by_being_there_each_with_its_pane() -> None:
    assert {"clinical-note", "image-2d", "text"} <= set(formats())
    for case_format in formats().values():
        get_template(case_format.template)


def test_an_unknown_format_lists_the_known() -> None:
    with pytest.raises(KeyError, match=r"there are: .*clinical-note, .*image-2d"):
        format_for("tea")


def test_a_note_is_cut_at_its_headings() -> None:
    found = [(section.heading, section.text) for section in sections(NOTE)]
    assert found == [
        ("", "Seen in clinic."),
        ("HISTORY OF PRESENT ILLNESS", "Cough for 3 days."),
        ("Past Medical History", "None."),
        ("Plan", "Rest.\nPO2 80"),
    ]


KINDS = ["PLAN:", "## Note", "Past History:", "word", "", "A: b", "BP 120/80", " x"]
lines = st.sampled_from(KINDS)


@given(st.lists(lines, max_size=12).map("\n".join))
def test_no_word_is_lost_and_offsets_point_to_the_text(text: str) -> None:
    found = list(sections(text))
    for section in found:
        assert text.startswith(section.text, section.start)
    kept = " ".join(f"{section.heading} {section.text}" for section in found)
    plain = text.replace("##", "").replace(":", "").split()
    assert kept.replace("##", "").replace(":", "").split() == plain
