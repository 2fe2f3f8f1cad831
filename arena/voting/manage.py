"""The coordinator's page of known answers. It names systems, so no rater ever gets near it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from arena.accounts.http import SignedInRequest
from arena.core.errors import UserError
from arena.generations.models import StudySystem
from arena.studies.access import Action, study_for
from arena.studies.models import Study
from arena.studies.selectors import protocol_current
from arena.voting.known_answers import known_answer_add, known_answer_remove
from arena.voting.models import KnownAnswer, Qualification
from arena.voting.qualification import known_answers


class KnownAnswerForm(forms.Form):
    case = forms.CharField(max_length=80, help_text="The case's key, as in the table of cases.")
    first = forms.ChoiceField(label="First output")
    second = forms.ChoiceField(label="Second output")
    expected = forms.ChoiceField(
        label="Which is better", choices=KnownAnswer.Expected.choices, widget=forms.RadioSelect
    )
    explanation = forms.CharField(
        max_length=500, required=False, help_text="Shown to raters after their try."
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = StudySystem.objects.filter(study=study, withdrawn_at=None).order_by("label")
        choices = [(system.label, system.label) for system in held]
        self.fields["first"] = forms.ChoiceField(label="First output", choices=choices)
        self.fields["second"] = forms.ChoiceField(label="Second output", choices=choices)


@login_required
def qualification(request: SignedInRequest, slug: str) -> HttpResponse:
    """Known answers, how raters did; a POST adds or removes one."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    posted = request.POST if request.method == "POST" else None
    if posted and "remove" in posted:
        return _remove(request, study, posted["remove"])
    form = KnownAnswerForm(posted, study=study)
    if form.is_valid():
        try:
            known_answer_add(study=study, by=request.user, **form.cleaned_data)
        except UserError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The known answer is added.")
            return redirect("manage-qualification", slug)
    context = {"study": study, "form": form, **_shown(study)}
    return render(
        request, "studies/manage_qualification.html", context, status=400 if posted else 200
    )


def _remove(request: SignedInRequest, study: Study, pk: str) -> HttpResponse:
    if known_answer_remove(study=study, by=request.user, pk=pk):
        messages.success(request, "The known answer is removed; tries that ended stay as they are.")
    return redirect("manage-qualification", study.slug)


def _shown(study: Study) -> dict[str, Any]:
    items = known_answers(study=study).select_related(
        "comparison__first__study_system",
        "comparison__second__study_system",
        "comparison__case_version__case",
    )
    tries = Qualification.objects.filter(study=study).select_related("rater")
    return {
        "items": items,
        "tries": tries.order_by("rater__email", "number"),
        "protocol": protocol_current(study=study) if study.protocols.exists() else None,
    }
