"""Forms about oneself."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.accounts.keys import DEFAULTS, DESK_KEYS, key_problem, keys_chosen
from arena.accounts.models import RaterProfile


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Seen by the coordinators of your studies, never published."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    class Meta:
        model = RaterProfile
        fields = (
            "name",
            "profession",
            "specialty",
            "years_in_practice",
            "country",
            "site",
            "conflicts",
            "single_key_shortcuts",
            "break_minutes",
            "shows_pace",
        )
        labels = {
            "profession": gettext_lazy("Profession"),
            "specialty": gettext_lazy("Specialty"),
            "country": gettext_lazy("Country"),
            "years_in_practice": gettext_lazy("Years in practice"),
            "site": gettext_lazy("Hospital or institution"),
            "conflicts": gettext_lazy("Conflicts of interest"),
            "single_key_shortcuts": gettext_lazy("Vote with single keys"),
            "break_minutes": gettext_lazy("Suggest a break after minutes of voting"),
            "shows_pace": gettext_lazy("Show me how long my ballots take"),
        }
        help_texts = {
            "conflicts": gettext_lazy(
                "Makers of systems you work for, advise or own; one per line."
            ),
            "single_key_shortcuts": gettext_lazy(
                "Turn off if you dictate or use software that types for you."
            ),
            "break_minutes": gettext_lazy("Empty: as the study suggests. 0: never."),
            "shows_pace": gettext_lazy("On your page of own votes; nobody else sees it there."),
        }
        widgets = {
            "profession": forms.TextInput(attrs={"list": "professions"}),
            "specialty": forms.TextInput(attrs={"list": "specialties"}),
            "years_in_practice": forms.NumberInput(attrs={"min": 0, "max": 80}),
            "break_minutes": forms.NumberInput(attrs={"min": 0, "max": 600}),
            "country": forms.TextInput(attrs={"autocomplete": "country-name"}),
            "site": forms.TextInput(attrs={"autocomplete": "organization"}),
            "conflicts": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = self.instance.user.name

    def clean_years_in_practice(self) -> int | None:
        years: int | None = self.cleaned_data["years_in_practice"]
        if years is not None and years > 80:
            raise forms.ValidationError(_("Years in practice: give a number from 0 to 80."))
        return years

    def save(self, commit: bool = True) -> RaterProfile:
        profile: RaterProfile = super().save(commit)
        profile.user.name = self.cleaned_data["name"]
        if commit:
            profile.user.save(update_fields=["name"])
        return profile


class KeysForm(forms.Form):
    """A key for each action of the voting page."""

    def __init__(self, *args: Any, profile: RaterProfile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = keys_chosen(profile.keys)
        for key in DESK_KEYS:
            widget = forms.TextInput(attrs={"size": 2, "autocapitalize": "off"})
            self.fields[key.action] = forms.CharField(
                label=key.label,
                max_length=1,
                initial=chosen[key.action],
                widget=widget,
                error_messages={"required": gettext_lazy("Press one letter or sign.")},
            )

    def clean(self) -> dict[str, Any]:
        used: dict[str, str] = {}
        for action, key in list(self.cleaned_data.items()):
            problem = key_problem(key, used)
            if problem:
                self.add_error(action, problem)
            used[key] = action
        return self.cleaned_data

    def chosen(self) -> dict[str, str]:
        """Only what differs from the keys everybody begins with."""
        return {a: key for a, key in self.cleaned_data.items() if DEFAULTS[a] != key}


class TokenForm(forms.Form):
    label = forms.CharField(
        max_length=80,
        label=gettext_lazy("What is it for?"),
        help_text=gettext_lazy("For example: nightly export from the hospital's server."),
    )
