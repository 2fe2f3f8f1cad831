"""The form of the style page: one field of each kind."""

from django import forms


class StyleForm(forms.Form):
    name = forms.CharField(help_text="As it should appear on the study's page.")
    email = forms.EmailField(label="E-mail")
    seconds = forms.IntegerField(min_value=0, help_text="Least time per ballot, in seconds.")
    opens_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Opens on"
    )
    scale = forms.ChoiceField(choices=[("five", "Five steps"), ("three", "Three steps")])
    visibility = forms.ChoiceField(
        choices=[("public", "Listed for everybody"), ("private", "Only for members")],
        widget=forms.RadioSelect,
    )
    specialties = forms.MultipleChoiceField(
        choices=[("gp", "General practice"), ("rad", "Radiology"), ("path", "Pathology")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None chosen: any specialty.",
    )
    cases = forms.FileField(required=False, help_text="CSV, JSONL or a folder as ZIP.")
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    synthetic = forms.BooleanField(
        required=False, label="All cases are synthetic", help_text="Said on every page."
    )
