"""What a checkpoint's files tell of it; they were written by strangers."""

import json
import time
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


SMALL = "A model for summaries of patients that is quite small."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_card_in_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    card = (
        "---\r\nlicense: mit\r\n---\r\n# Résumés\r\n\r\n"
        "Un modèle très petit pour les résumés de patients.\r\n"
    )
    (tmp_path / "README.md").write_bytes(card.encode(encoding))
    facts = {"licence": "mit", "description": "Un modèle très petit pour les résumés de patients."}
    assert facts_in(tmp_path) == facts


def test_a_card_of_markup_tells_its_words_alone(tmp_path: Path) -> None:
    card = f"<script>alert(1)</script><style>p {{}}</style><p align=center onload=x>{SMALL}</p>"
    assert facts_in(folder(tmp_path, card)) == {"description": SMALL}


def test_norwegian_is_a_language(tmp_path: Path) -> None:
    assert facts_in(folder(tmp_path, "---\nlanguage: [no, en]\n---\n")) == {"language": "no, en"}
    assert facts_in(folder(tmp_path, "---\nlanguage: no\n---\n")) == {"language": "no"}


MERGED = "a: &a {x: 1}\n" + "".join(
    f"{after}: &{after} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "card",
    [
        "[" * 400_000,
        "![" * 200_000,
        "[a](" * 100_000,
        "<" * 400_000,
        "<!--" * 100_000,
        "```" * 130_001,
        "# a" + "#" * 100_000 + " " * 100_000 + "x\n",
        "---\n" + "\n" * 390_000,
        "---" + " \n" * 190_000,
        f"---\n{MERGED}---\n",
        "word " * 5_000_000,
    ],
    ids=lambda card: card[:6].strip(),
)
def test_a_card_that_means_harm_costs_no_time(tmp_path: Path, card: str) -> None:
    place, before = folder(tmp_path, card), time.process_time()
    facts = facts_in(place)
    assert time.process_time() - before < 2
    assert all(len(str(value)) < 1600 for value in facts.values())


def test_a_link_to_another_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(SMALL)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "README.md").symlink_to(tmp_path / "secret.md")
    assert facts_in(tmp_path / "model") == {}
    snapshot, blobs = tmp_path / "cache" / "snapshots" / ("ab" * 20), tmp_path / "cache" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "1").write_text(SMALL)
    (snapshot / "README.md").symlink_to(blobs / "1")
    assert facts_in(snapshot) == {"description": SMALL}


@pytest.mark.parametrize(
    "header",
    [
        [1],
        {"a": 5, "b": [1], "c": {}},
        {"a": {"shape": "abc"}, "b": {"shape": [1, "x"]}, "c": {"shape": [-1]}},
        {"a": {"shape": [2**39] * 17}},
    ],
)
def test_weights_with_an_odd_header_have_a_size_and_no_parameters(
    tmp_path: Path, header: object
) -> None:
    text = json.dumps(header).encode()
    (tmp_path / "a.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)
    assert set(facts_in(tmp_path)) == {"weight_bytes"}


def test_a_configuration_of_odd_values_is_left_out_and_an_inner_one_is_read(
    tmp_path: Path,
) -> None:
    odd = folder(tmp_path, "", dtype={"a": 1}, max_position_embeddings="many", text_config=[1])
    assert facts_in(odd) == {}
    inner = {"max_position_embeddings": 8192, "dtype": "bfloat16"}
    facts = facts_in(folder(tmp_path, "", architectures=["Gemma3"], text_config=inner))
    assert facts == {"architecture": "Gemma3", "stored_as": "bfloat16", "context_tokens": 8192}
