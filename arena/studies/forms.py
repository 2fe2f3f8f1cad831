"""Forms of the study pages; what they mean is decided by the services."""

from typing import Any

from django import forms
from django.utils.text import slugify

from arena.accounts.models import RaterProfile
from arena.core.errors import UserError
from arena.studies.case_import.columns import columns_named
from arena.studies.formats import formats
from arena.studies.models import Membership, Protocol, Study
from evaluation.kinds import kinds

QUESTION = "Which output would you rather act on?"
REPEAT_PERCENT = 5  # of a new protocol, unless said otherwise
CRITERIA = (
    {"label": "Overall", "help": "All things considered.", "required": True},
    {"label": "Accuracy", "help": "Nothing wrong, nothing invented.", "required": False},
    {"label": "Completeness", "help": "Nothing that matters is missing.", "required": False},
    {"label": "Usefulness", "help": "Fit to be used in your work.", "required": False},
)


NEEDED_TO_PUBLISH = ("summary", "case_source", "ethics")
"""Left out of a draft, but asked for by the checks of ``readiness`` before a board is public."""


class WordsField(forms.CharField):
    """A list of words or short phrases, separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        words = str(super().clean(value) or "").split(",")
        return [word.strip() for word in words if word.strip()]


class StudyForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What is said about a study."""

    class Meta:
        model = Study
        fields = [
            "title",
            "summary",
            "visibility",
            "case_source",
            "synthetic",
            "ethics",
            "ethics_expires_on",
            "outside_endpoints_allowed",
        ]
        labels = {
            "case_source": "Source of the cases",
            "synthetic": "All cases are synthetic",
            "ethics": "Ethics approval",
            "ethics_expires_on": "Approval ends on",
            "visibility": "Who may see the study",
            "outside_endpoints_allowed": "Cases may be sent to systems outside this installation",
        }
        help_texts = {
            "case_source": "Archive, hospital and years, or how they were written.",
            "synthetic": "Said on every page of the study.",
            "outside_endpoints_allowed": "",
        }
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 3}),
            "ethics_expires_on": forms.DateInput(attrs={"type": "date"}),
            "visibility": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in NEEDED_TO_PUBLISH:
            self.fields[name].when_needed = "needed to publish"  # type: ignore[attr-defined]


class NewStudyForm(StudyForm):
    slug = forms.SlugField(
        label="Address",
        max_length=60,
        required=False,
        help_text="The last part of the study's address; made from the title if left empty.",
    )

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        fields["slug"] = fields.get("slug") or _free_slug(fields.get("title", ""))
        return fields


class ProtocolForm(forms.ModelForm):  # type: ignore[type-arg]
    """What raters are asked; the criteria are rows of their own."""

    input_kind = forms.ChoiceField(label="A case is")
    output_kind = forms.ChoiceField(label="A system answers with")
    professions = WordsField(
        required=False, help_text="Comma-separated. Empty: raters of any profession."
    )
    specialties = WordsField(
        required=False, help_text="Comma-separated. Empty: raters of any specialty."
    )
    least_verification = forms.TypedChoiceField(
        label="Raters are verified by at least",
        choices=RaterProfile.Verification.choices,
        coerce=int,
        initial=0,
    )

    class Meta:
        model = Protocol
        fields = [
            "input_kind",
            "output_kind",
            "question",
            "instructions",
            "scale",
            "pairing",
            "votes_per_comparison",
            "target_votes",
            "least_seconds",
            "least_view_seconds",
            "error_pack",
            "asks_confidence",
            "shows_differences",
            "repeat_percent",
            "offers_same_case",
            "break_minutes",
            "break_ballots",
            "qualification_percent",
            "qualification_tries",
            "professions",
            "specialties",
            "least_verification",
        ]
        labels = {
            "votes_per_comparison": "Votes per comparison",
            "target_votes": "Votes wanted in all",
            "least_seconds": "Shortest time of a vote that counts, in seconds",
            "scale": "Answers",
            "pairing": "Choice of the next comparison",
            "least_view_seconds": "Shortest time in view before a choice, in seconds",
            "error_pack": "Types of error raters may name",
            "asks_confidence": "Ask how confident raters are",
            "shows_differences": "Offer to mark the words in which two texts differ",
            "repeat_percent": "Comparisons asked again with sides swapped, in per cent",
            "offers_same_case": "Offer other outputs of the same case after a vote",
            "break_minutes": "Suggest a break after minutes",
            "break_ballots": "Suggest a break after ballots",
            "qualification_percent": "Known answers a rater must give first, in per cent",
            "qualification_tries": "How often a rater may try",
        }
        help_texts = {
            "pairing": "Adaptive needs fewer votes where many systems compete; what each choice's "
            "chance was is stored with the ballot.",
            "least_view_seconds": "Of each output; an image must be enlarged or moved once too. 0: "
            "raters may choose at once.",
            "repeat_percent": "Shows how far raters agree with themselves, and how much a side "
            "is worth; 5 is usual. Repeats are never rated, come after 20 other ballots, and look "
            "like any other.",
            "qualification_percent": "Of those under Qualification. 0: raters begin at once.",
            "qualification_tries": "0: as often as they like.",
            "offers_same_case": "Saves reading a long case anew; the ballots asked for so are "
            "marked.",
            "break_minutes": "Of one sitting. 0: never; raters may set their own.",
            "break_ballots": "Of one sitting, whichever comes first. 0: never.",
            "shows_differences": "Draws the eye to wording; leave it off where substance counts.",
        }
        widgets = {
            "instructions": forms.Textarea(attrs={"rows": 4}),
            "scale": forms.RadioSelect,
            "pairing": forms.RadioSelect,
            "error_pack": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["input_kind"] = _kind_field(self.fields["input_kind"], formats())
        self.fields["output_kind"] = _kind_field(self.fields["output_kind"], kinds())
        self.initial["question"] = self.initial.get("question") or QUESTION
        self.initial.setdefault("repeat_percent", REPEAT_PERCENT)


class CriterionForm(forms.Form):
    """A row without a label is left out."""

    key = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)
    label = forms.CharField(max_length=120, required=False)
    help = forms.CharField(max_length=300, required=False, label="Explanation")
    required = forms.BooleanField(required=False, label="Must be answered")


CriterionFormSet = forms.formset_factory(CriterionForm, extra=1, max_num=12)


class ColumnsField(forms.CharField):
    """What a file calls our columns, as ``key=id, text=note``."""

    def __init__(self, *, help_text: str) -> None:
        super().__init__(required=False, label="Names of columns", help_text=help_text)

    def clean(self, value: Any) -> dict[str, str]:
        try:
            return columns_named(super().clean(value) or "")
        except UserError as error:
            raise forms.ValidationError(str(error)) from error


class ImportForm(forms.Form):
    """A new file, or the one that is kept."""

    kept = forms.UUIDField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(label="File")
    columns = ColumnsField(
        help_text="If the file calls them otherwise: key=encounter_id, text=dialogue"
    )
    accept_phi_findings = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("kept")


class InvitationForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.RATER)
    email = forms.EmailField(
        required=False,
        label="Only for",
        help_text="An e-mail address. Empty: anybody with the link.",
    )
    uses = forms.IntegerField(min_value=1, max_value=1000, initial=1, label="How many people")
    days = forms.IntegerField(min_value=1, max_value=365, initial=14, label="Days it works")


class WithdrawForm(forms.Form):
    reason = forms.CharField(max_length=300, help_text="Kept with the case and shown beside it.")


def _kind_field(field: forms.Field, known: Any) -> forms.ChoiceField:
    """A list to choose from, by title; there are too many kinds to lay them all out."""
    named = sorted(((key, kind.title) for key, kind in known.items()), key=lambda choice: choice[1])
    return forms.ChoiceField(label=field.label, choices=[("", "choose"), *named])


def _free_slug(title: str) -> str:
    base = slugify(title)[:50] or "study"
    taken = set(Study.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken | {"new"} else next(s for s in numbered if s not in taken)
