"""Forms about systems; the settings of an adapter come from its entry in the catalogue."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import slugify

from arena.core.errors import FaultsError, UserError
from arena.generations.adapter_info import (
    ANY,
    TEXTS,
    TIME_LIMIT,
    AdapterInfo,
    Field,
    decoding_refuse,
)
from arena.generations.form_fields import LinesField, PairsField, key_field, setting_field
from arena.generations.models import Price, SystemVersion
from arena.generations.services.prices import AMOUNTS
from arena.studies.forms import ColumnsField
from arena.studies.models import CaseVersion, KeptUpload, Study
from arena.studies.selectors import case_versions_current, protocol_current
from evaluation.kinds import kinds

CONFIG, TRY = "config-", "try-"
CARD = ("description", "intended_use", "licence", "homepage")
NAMED = ("name", "slug", "maker", "aliases")
MADE_UP = (
    "Chief complaint: fever and cough for two days. A 54-year-old teacher, never ill before. "
    "Temperature 38.6 °C, pulse 96, oxygen saturation 95 %. Crackles at the right base. "
    "Takes no medication; allergic to penicillin."
)
"""A case for trying a system out that takes part in no study yet."""


class SystemForm(forms.Form):
    """A system's card and the settings of one adapter."""

    name = forms.CharField(
        max_length=120, help_text="As boards and exports name it when voting is over: Ward LLM 8B."
    )
    slug = forms.SlugField(
        max_length=60,
        required=False,
        label="Short name",
        help_text="For addresses and commands, as in ward-llm-8b. Empty: made from the name.",
    )
    maker = forms.CharField(max_length=120, required=False, help_text="As in Example Lab.")
    aliases = LinesField(
        required=False,
        label="Other names",
        help_text="One per line, as in WardLLM. Outputs that contain the name, the maker, the "
        "model's own name or one of these are not shown to raters: they would give it away.",
    )
    description = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is, in a sentence or two.",
    )
    intended_use = forms.CharField(
        required=False,
        label="Intended use",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="As in: drafts of ward summaries, for research.",
    )
    licence = forms.CharField(max_length=120, required=False, help_text="As in apache-2.0.")
    homepage = forms.URLField(
        required=False, assume_scheme="https", help_text="As in https://example.org/ward-llm."
    )
    revision = forms.CharField(max_length=120, required=False)

    def __init__(
        self, data: Any = None, *, adapter: AdapterInfo, study: Study | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.adapter, self.study = adapter, study
        self.tries = data is not None and "try" in data
        self.fields["revision"].help_text = REVISIONS.get(adapter.resource, REVISIONS[""])
        if adapter.prompted:
            self.fields |= _model_fields(adapter)
        if adapter.resource == "remote":
            self.fields["key"] = key_field(required=False, help_text=KEY_HELP)
        for setting in self._settings:
            self.fields[CONFIG + setting.key] = setting_field(setting)
        asked = trial_fields(adapter, study)
        self.trial_names = list(asked)
        self.fields |= asked

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """What nobody can leave out, and the key beside the server it is for."""
        needed = [CONFIG + field.key for field in self._settings if field.required]
        return self._bound("name", *needed, "key")

    @property
    def setting_fields(self) -> list[forms.BoundField]:
        """What makes a version its own."""
        usual = [CONFIG + f.key for f in self._settings if not (f.required or f.rare)]
        return self._bound(*usual, "prompt", "decoding")

    @property
    def rare_fields(self) -> list[forms.BoundField]:
        return self._bound(
            "revision", *(CONFIG + field.key for field in self._settings if field.rare)
        )

    @property
    def card_fields(self) -> list[forms.BoundField]:
        return self._bound("maker", "aliases", *CARD, "slug")

    @property
    def card_said(self) -> str:
        return CARD_READ if self.adapter.has_weights else ""

    @property
    def trial_fields(self) -> list[forms.BoundField]:
        return self._bound(*self.trial_names)

    @property
    def _settings(self) -> tuple[Field, ...]:
        """Where nothing is asked there is no time to limit."""
        return (*self.adapter.fields, TIME_LIMIT) if self.adapter.resource else self.adapter.fields

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
        self._check_decoding(data.get("decoding") or {})
        if data.get("prompt") and "{text}" not in data["prompt"] and self._told_in_words:
            self.add_error("prompt", NOT_SENT)
        if "{text}" in str(data.get(f"{CONFIG}system_prompt") or ""):
            self.add_error(f"{CONFIG}system_prompt", NOT_FILLED)
        return data

    @property
    def _told_in_words(self) -> bool:
        study = self.study
        return study is not None and protocol_current(study=study).input_kind in TEXTS

    def _check(self, setting: Field, value: Any) -> None:
        try:
            if setting.check and value not in (None, ""):
                setting.check(value)
        except UserError as error:
            self.add_error(CONFIG + setting.key, str(error))

    def _check_decoding(self, decoding: dict[str, Any]) -> None:
        try:
            decoding_refuse(self.adapter, decoding)
        except UserError as error:
            self.add_error("decoding", str(error))

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


CARD_READ = "What you leave empty is read from the model's own card when you try it."
REVISIONS = {
    "gpu": "Leave it empty and try the model: its revision is looked up and pinned (the Hub's "
    "commit, or the digest of a folder's files), and changed files are refused from then on. Or "
    "give the commit, as in 4f2a… with all its 40 characters.",
    "remote": "What the provider calls the model's state, as in 2026-11. What really answered is "
    "kept with every answer.",
    "": "Commit, tag or date of what answers, as in v1.2.",
}
KEY_HELP = (
    "If the server wants one, as in sk-…. Stored encrypted for this address alone and never shown "
    "again. Empty: a key that is stored already is kept."
)
KEY_KEPT = (
    "The key you typed is kept until you register or leave; it is not shown. Type here only to "
    "enter another."
)
NOT_SENT = (
    "The case's text is nowhere in the prompt, so the system would not see it: put {text} where it "
    "belongs."
)


NOT_FILLED = (
    "{text} is not filled in here, so that no case can pose as an instruction: write it in "
    "the prompt."
)


def _model_fields(adapter: AdapterInfo) -> dict[str, forms.Field]:
    prompt = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="As in: Summarise this note in five sentences. {text} – {text} and {question} "
        "are filled in for each case. Empty: the study's question, then the case's text.",
    )
    left = (
        "what the server does by itself"
        if adapter.resource == "remote"
        else ("always the likeliest word, up to 512 of them")
    )
    decoding = PairsField(
        values=True,
        required=False,
        help_text="One per line, as in: max_tokens = 400. Also temperature, top_p, top_k, stop and "
        f"others; JSON is taken, too. Empty: {left}.",
    )
    return {"prompt": prompt, "decoding": decoding}


def trial_fields(adapter: AdapterInfo, study: Study | None) -> dict[str, forms.Field]:
    """The case to try a system on: one of the study, or a text where it reads texts."""
    if not adapter.resource or not (study or reads_text(adapter)):
        return {}
    if study:
        cases = case_versions_current(study=study)
        first = cases.first()
        field = forms.ModelChoiceField(
            cases, required=False, label="Case", initial=first and first.pk
        )
        field.label_from_instance = _case_named  # type: ignore[assignment, method-assign]
        return {TRY + "case_version": field}
    return {
        TRY + "text": forms.CharField(
            required=False,
            label="Text of a case",
            initial=MADE_UP,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text="Made up: no patient's. Change it as you like.",
        ),
        TRY + "output_kind": _output_field(adapter),
    }


def reads_text(adapter: AdapterInfo) -> bool:
    return adapter.input_kinds == ANY or "text" in adapter.input_kinds


def _output_field(adapter: AdapterInfo) -> forms.ChoiceField:
    known = kinds()
    fitting = known if adapter.output_kinds == ANY else adapter.output_kinds
    choices = [(key, known[key].title) for key in fitting if key in known]
    usual = "text-answer" if "text-answer" in fitting else choices[0][0]
    return forms.ChoiceField(
        choices=choices, required=False, label="Output", initial=usual,
        help_text="What it is asked for, as in a summary.",
    )  # fmt: skip


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

    faults: FaultsError | None = None
    """What was wrong with the rows of the file that was sent."""
    names_columns = False
    """Whether all that was wrong is what the file calls its columns."""
    waiting: KeptUpload | None = None
    """The file that was sent before and need not be chosen again."""

    kept = forms.UUIDField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(
        label="File",
        help_text="CSV or JSON Lines in UTF-8 with the columns case (its key, as on the Cases tab) "
        "and one of text, record (JSON), file or failure; the first lines of a CSV may be: "
        "case,text – case-1,Rest and fluids. Or a zip or tar of it and the files it names, or of "
        "files alone that are called as their cases, as in case-1.png.",
    )
    columns = ColumnsField(help_text="If the file calls them otherwise: case=key, text=answer")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get(self.add_prefix("kept"))


def _given(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value not in (None, "")}
