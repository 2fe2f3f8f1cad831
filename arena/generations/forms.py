"""Forms about systems; the settings of an adapter come from its entry in the catalogue."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify

from arena.core.errors import UserError
from arena.generations.adapter_info import ANY, TIME_LIMIT, AdapterInfo, Field
from arena.generations.models import Price, SystemVersion
from arena.generations.services.prices import AMOUNTS
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import case_versions_current
from evaluation.kinds import kinds

CONFIG, TRY = "config-", "try-"
CARD = ("description", "intended_use", "licence", "homepage")
NAMED = ("name", "slug", "maker", "aliases")


class LinesField(forms.CharField):
    """A list, one entry per line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class PlainJSONField(forms.CharField):
    """JSON whose faults are told by line and column."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def __init__(self, *, of: type | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of = of

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else json.dumps(value, indent=2)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationError(_json_fault(error)) from error
        if self.of and not isinstance(found, self.of):
            raise ValidationError('Write pairs in braces, for example {"temperature": 0}.')
        return found


def _json_fault(error: json.JSONDecodeError) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    return f"This is not JSON: {error.msg.lower()} at {place}. Texts and keys need double quotes."


class SystemForm(forms.Form):
    """A system's card and the settings of one adapter."""

    name = forms.CharField(max_length=120, help_text="As boards and exports name it.")
    slug = forms.SlugField(
        max_length=60,
        required=False,
        label="Short name",
        help_text="For addresses and commands. Left empty, it is made from the name.",
    )
    maker = forms.CharField(max_length=120, required=False)
    aliases = LinesField(
        required=False,
        label="Other names",
        help_text="One per line. Outputs that contain the name, maker or one of these are "
        "marked, because they would give the system away.",
    )
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    intended_use = forms.CharField(
        required=False, label="Intended use", widget=forms.Textarea(attrs={"rows": 2})
    )
    licence = forms.CharField(max_length=120, required=False)
    homepage = forms.URLField(required=False, assume_scheme="https")
    revision = forms.CharField(
        max_length=120, required=False, help_text="Commit, tag or date of what answers."
    )

    def __init__(
        self, data: Any = None, *, adapter: AdapterInfo, study: Study | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.adapter = adapter
        self.tries = data is not None and "try" in data
        if adapter.resource in {"gpu", "remote"}:
            self.fields |= _model_fields()
        if adapter.resource == "remote":
            self.fields["key"] = key_field(
                required=False,
                help_text="If the server wants one. Stored encrypted for this address alone and "
                "never shown again. Empty: a key that is stored already is kept.",
            )
        for setting in self._settings:
            self.fields[CONFIG + setting.key] = _form_field(setting)
        self.trial_names = list(trial_fields(adapter, study)) if adapter.resource else []
        if adapter.resource:
            self.fields |= trial_fields(adapter, study)

    @property
    def card_fields(self) -> list[forms.BoundField]:
        """The card's first half; the rest is seldom filled in by hand."""
        return self._bound(*NAMED)

    @property
    def more_card_fields(self) -> list[forms.BoundField]:
        return self._bound(*CARD)

    @property
    def setting_fields(self) -> list[forms.BoundField]:
        """What it answers with: what is needed first, then what makes a version its own."""
        needed = [CONFIG + field.key for field in self._settings if field.required]
        others = [CONFIG + f.key for f in self._settings if not (f.required or f.rare)]
        return self._bound(*needed, "key", *others, "prompt", "decoding", "revision")

    @property
    def rare_fields(self) -> list[forms.BoundField]:
        return self._bound(*(CONFIG + field.key for field in self._settings if field.rare))

    @property
    def trial_fields(self) -> list[forms.BoundField]:
        return self._bound(*self.trial_names)

    @property
    def _settings(self) -> tuple[Field, ...]:
        return (*self.adapter.fields, TIME_LIMIT)

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.tries and "name" in self.errors:
            del self.errors["name"]
        data["slug"] = data.get("slug") or slugify(data.get("name") or "")[:60]
        if data["slug"] in {"", "new", "trials"} and not self.errors and not self.tries:
            self.add_error("slug", "Give another short name, in letters, digits and hyphens.")
        for setting in self.adapter.fields:
            self._check(setting, data.get(CONFIG + setting.key))
        return data

    def _check(self, setting: Field, value: Any) -> None:
        try:
            if setting.check and value not in (None, ""):
                setting.check(value)
        except UserError as error:
            self.add_error(CONFIG + setting.key, str(error))

    def registered(self) -> dict[str, Any]:
        """What ``system_register`` takes."""
        data = {k: v for k, v in self.cleaned_data.items() if k not in self.trial_names}
        config = {k.removeprefix(CONFIG): data.pop(k) for k in list(data) if k.startswith(CONFIG)}
        data["decoding"] = data.get("decoding") or {}
        return {**data, "adapter": self.adapter.name, "config": _given(config)}

    def tried(self) -> dict[str, Any]:
        """What ``trial_request`` takes, beside who tries in which study."""
        data = self.registered()
        settings = ("adapter", "config", "prompt", "decoding", "revision", "key")
        case = {k: v for k, v in self.cleaned_data.items() if k in self.trial_names}
        return {
            **{name: data[name] for name in settings if name in data},
            "system_slug": data["slug"],
            **{name.removeprefix(TRY): value for name, value in case.items()},
        }


def trial_fields(adapter: AdapterInfo, study: Study | None) -> dict[str, forms.Field]:
    """The case to try a system on: one of the study, or a text of one's own."""
    if study:
        cases = case_versions_current(study=study)
        first = cases.first()
        field = forms.ModelChoiceField(
            cases, required=False, label="Case", initial=first and first.pk
        )
        field.label_from_instance = _case_named  # type: ignore[assignment, method-assign]
        return {TRY + "case_version": field}
    kinds_known = kinds()
    fitting = kinds_known if adapter.output_kinds == ANY else adapter.output_kinds
    choices = [(key, kinds_known[key].title) for key in fitting if key in kinds_known]
    return {
        TRY + "text": forms.CharField(
            required=False,
            label="Text of a case",
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text="Made up: no patient's. From a study's page one of its cases can be chosen.",
        ),
        TRY + "output_kind": forms.ChoiceField(choices=choices, required=False, label="Output"),
    }


def _case_named(version: CaseVersion) -> str:
    return " – ".join(filter(None, [version.case.key, version.title]))


def initial_from(version: SystemVersion) -> dict[str, Any]:
    """A system's card and its newest settings, to start a new version from."""
    system = version.system
    card = {name: getattr(system, name) for name in (*CARD, *NAMED)}
    settings = {"revision": version.revision, "prompt": version.prompt}
    config = {CONFIG + key: value for key, value in version.config.items()}
    if version.parent:
        config[f"{CONFIG}of"] = str(version.parent)
    return {**card, **settings, **config, "decoding": version.decoding or None}


def key_field(**said: Any) -> forms.CharField:
    """A key goes in and never comes out: what was typed is not shown again, nor remembered."""
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label="Key", max_length=4096, widget=widget, **said)


class KeyForm(forms.Form):
    """The key a system is asked with."""

    key = key_field()


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """What asking costs from a day on; what stays empty is not charged."""

    class Meta:
        model = Price
        fields = ("currency", "from_day", *AMOUNTS)
        widgets = {"from_day": forms.DateInput(attrs={"type": "date"})}

    def __init__(self, *args: Any, shared: str = "", **kwargs: Any) -> None:
        """``shared``: the server whose price may be entered in the system's place."""
        super().__init__(*args, **kwargs)
        self.fields["from_day"].initial = timezone.now().date
        if shared:
            choices = [("system", "This system"), ("endpoint", f"All systems asked at {shared}")]
            self.fields["whose"] = forms.ChoiceField(choices=choices, label="Price of")

    def amounts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in AMOUNTS}


class StudySystemForm(forms.Form):
    """Which version takes part, and what its results are called."""

    version = forms.ModelChoiceField(SystemVersion.objects.none(), label="System")
    label = forms.CharField(
        max_length=80,
        required=False,
        help_text="What boards call it; left empty, the system's name.",
    )


class OutputsForm(forms.Form):
    """Outputs that were made elsewhere."""

    file = forms.FileField(
        label="File",
        help_text="CSV or JSON Lines in UTF-8 with the columns case (the case's key) and one of "
        "text, record (JSON), file or failure. Or a zip or tar of it and the files it names, or of "
        "files alone that are called as their cases.",
    )


def _given(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value not in (None, "")}


def _model_fields() -> dict[str, forms.Field]:
    prompt = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="{question} and {text} are filled in for each case.",
    )
    decoding = PlainJSONField(
        of=dict, required=False, help_text='JSON, for example {"temperature": 0}.'
    )
    return {"prompt": prompt, "decoding": decoding}


def _form_field(setting: Field) -> forms.Field:
    said = {"label": setting.label, "help_text": setting.help, "initial": setting.default}
    if setting.kind == "choice":
        return forms.ChoiceField(choices=setting.choices, required=setting.required, **said)
    if setting.kind == "number":
        return NumberField(required=setting.required, **said)
    if setting.kind == "yes-no":
        return forms.BooleanField(required=False, **said)
    if setting.kind == "list":
        return LinesField(required=setting.required, **said)
    if setting.kind == "lines":
        widget = forms.Textarea(attrs={"rows": 4})
        return forms.CharField(required=setting.required, widget=widget, **said)
    if setting.kind == "json":
        return PlainJSONField(required=setting.required, **said)
    return forms.CharField(required=setting.required, **said)


class NumberField(forms.FloatField):
    """A whole number stays one: 4 sentences, not 4.0."""

    def clean(self, value: Any) -> int | float | None:
        number: float | None = super().clean(value)
        return int(number) if number is not None and number.is_integer() else number
