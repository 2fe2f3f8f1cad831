"""Form fields for lists, pairs, JSON, numbers and keys, as systems are described with them."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape

from arena.generations.adapter_info import Field

Pairs = dict[str, Any]


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

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else json.dumps(value, indent=2)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationError(_json_fault(error)) from error


def _json_fault(error: json.JSONDecodeError) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    return f"This is not JSON: {error.msg.lower()} at {place}. Texts and keys need double quotes."


class PairsField(forms.CharField):
    """A word and what it means, one pair per line; also one JSON object.

    Where ``values`` is true, what stands behind the sign may be a number or a list; else it is a
    word, and nothing behind the sign means none.
    """

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def __init__(self, *, values: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.values = values

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if any("=" in key or "\n" in key for key in value):
            return json.dumps(value, ensure_ascii=False)
        return "\n".join(f"{key} = {self._written(held)}".rstrip() for key, held in value.items())

    def clean(self, value: Any) -> Pairs | None:
        text = super().clean(value)
        if text.startswith("{"):
            return _object(text)
        lines = enumerate(text.splitlines(), start=1)
        return dict(self._pair(number, line) for number, line in lines if line.strip()) or None

    def _written(self, value: Any) -> str:
        """As ``_pair`` reads it back."""
        if not self.values:
            return str(value or "")
        plain = isinstance(value, str) and _value(value) == value
        return str(value) if plain else json.dumps(value, ensure_ascii=False)

    def _pair(self, number: int, line: str) -> tuple[str, Any]:
        key, sign, held = (part.strip() for part in line.partition("="))
        if not (key and sign) or (self.values and not held):
            example = "max_tokens = 400" if self.values else "DRUG = medication"
            raise ValidationError(f"Line {number}: write it as in {example}.")
        return key, (_value(held) if self.values else held or None)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _object(text: str) -> Pairs:
    try:
        found: Pairs = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValidationError(_json_fault(error)) from error
    return found


class NumberField(forms.FloatField):
    """A whole number stays one: 4 sentences, not 4.0."""

    def clean(self, value: Any) -> int | float | None:
        number: float | None = super().clean(value)
        return int(number) if number is not None and number.is_integer() else number


def key_field(**said: Any) -> forms.CharField:
    """A key goes in and never comes out: what was typed is not shown again, nor remembered."""
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label="API key", max_length=4096, widget=widget, **said)


def setting_field(setting: Field) -> forms.Field:
    """The form's field for one setting of an adapter."""
    said = {
        "label": setting.label,
        "help_text": escape(setting.help),
        "initial": setting.default,
        "required": setting.required,
    }
    if setting.kind == "choice":
        return forms.ChoiceField(choices=setting.choices, **said)
    if setting.kind == "yes-no":
        return forms.BooleanField(**said | {"required": False})
    if setting.kind == "lines":
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), **said)
    return PLAIN.get(setting.kind, forms.CharField)(**said)


SYSTEMS = "registered-systems"
"""The id of the list of systems that a page offers."""


class RegisteredField(forms.CharField):
    """A registered system by its short name; the page offers those there are."""

    widget = forms.TextInput(attrs={"list": SYSTEMS, "autocomplete": "off", "spellcheck": "false"})


PLAIN: dict[str, type[forms.Field]] = {
    "number": NumberField,
    "list": LinesField,
    "pairs": PairsField,
    "json": PlainJSONField,
    "system": RegisteredField,
}
