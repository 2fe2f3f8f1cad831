"""What a checkpoint's files tell of it; they were written by strangers."""

import json
from pathlib import Path

import pytest

from workers.adapters.model_card import facts_in

CARD = """---
license: apache-2.0
language: [en, de]
base_model: example/base-1b
datasets:
- example/notes
tags: [medical]
---
# Note summariser 1B

![logo](logo.png)

<div align="center">shields</div>

A small [language model](https://example.org) that summarises discharge
letters in German and English.

## Intended use

Research on summarisation. **Not** for the care of patients.

```python
model.generate()
```

## Training
Secret sauce.
"""


def folder(tmp_path: Path, card: str = CARD, **config: object) -> Path:
    (tmp_path / "README.md").write_text(card)
    if config:
        (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def weights(path: Path, **shapes: list[int]) -> None:
    header: dict[str, object] = {name: {"shape": shape} for name, shape in shapes.items()}
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(100))


def test_a_card_tells_licence_use_and_origin(tmp_path: Path) -> None:
    facts = facts_in(folder(tmp_path))
    assert facts == {
        "licence": "apache-2.0",
        "language": "en, de",
        "base_model": "example/base-1b",
        "datasets": "example/notes",
        "description": "A small language model that summarises discharge letters in German and "
        "English.",
        "intended_use": "Research on summarisation. **Not** for the care of patients.",
    }


def test_weights_and_configuration_tell_the_size(tmp_path: Path) -> None:
    place = folder(
        tmp_path, "", architectures=["LlamaForCausalLM"], dtype="bfloat16",
        max_position_embeddings=4096,
    )  # fmt: skip
    weights(place / "model-1.safetensors", a=[1000, 1000], b=[])
    weights(place / "model-2.safetensors", c=[7])
    facts = facts_in(place)
    assert facts["parameters"] == 1_000_008
    assert facts["weight_bytes"] == sum(p.stat().st_size for p in place.glob("*.safetensors"))
    assert (facts["architecture"], facts["stored_as"]) == ("LlamaForCausalLM", "bfloat16")
    assert facts["context_tokens"] == 4096


def test_a_licence_of_ones_own_is_called_by_its_name(tmp_path: Path) -> None:
    card = "---\nlicense: other\nlicense_name: health-terms\n---\n"
    assert facts_in(folder(tmp_path, card)) == {"licence": "health-terms"}


@pytest.mark.parametrize(
    "card",
    [
        "",
        "---\n: [\n---\n",
        "---\n- a\n- b\n---\n",
        "---\nlicense: {a: 1}\nlanguage: 5\n---\n",
        "---\nlicense: !!python/object/apply:os.system ['echo']\n---\n",
        "---\na: &a [x, x]\nb: &b [*a, *a]\nlicense: [*b, *b]\n---\n",
        "---\n" + "x: y\n" * 20_000 + "---\n",
        "\x00\ufffd" * 10,
    ],
)
def test_an_odd_card_tells_nothing_and_does_no_harm(tmp_path: Path, card: str) -> None:
    assert facts_in(folder(tmp_path, card)) == {}


def test_odd_files_beside_it_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[" * 100_000)
    (tmp_path / "a.safetensors").write_bytes(b"\xff" * 8)
    (tmp_path / "b.safetensors").write_bytes((4).to_bytes(8, "little") + b"nope")
    assert set(facts_in(tmp_path)) == {"weight_bytes"}


def test_a_long_passage_is_cut(tmp_path: Path) -> None:
    text = facts_in(folder(tmp_path, "Words and words. " * 1000))["description"]
    assert len(text) < 1600
    assert text.endswith("…")
