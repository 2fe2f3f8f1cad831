"""Small models built on the spot from configurations, saved as a Hub checkpoint would be.

Random weights and tokenizers trained on a few sentences, but whole: safetensors, config, tokenizer,
chat template, processor. The adapters load them by the same path as any other folder.
"""

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SENTENCES = (
    "Fever and cough since two days. The patient rests and drinks.",
    "Chest pain at night, no fever, blood pressure 120 over 80. What now?",
    "Describe the picture: a dark spot on a bright ground.",
)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TOOLS = (
    "{% if tools %}<|im_start|>system\n{% for t in tools %}{{ t | tojson }}\n{% endfor %}"
    "<|im_end|>\n{% endif %}{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
    "{% for c in m['tool_calls'] or [] %}<tool_call>\n{{ c['function'] | tojson }}\n</tool_call>"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% endif %}"
)
"""ChatML with tools, as Qwen's and Hermes'."""
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}<start_of_turn>{{ m['role'] }}\n{{ m['content'] | trim }}"
    "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
LLAVA = (
    "{% for m in messages %}{{ m['role'] | upper }}: {% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "</s>{% endfor %}{% if add_generation_prompt %}ASSISTANT: {% endif %}"
)
LLAVA_TOOLS = "{% if tools %}SYSTEM: {{ tools | tojson }}</s>{% endif %}" + LLAVA.replace(
    "</s>{% endfor %}",
    "{% for c in m['tool_calls'] or [] %}<tool_call>{{ c['function'] | tojson }}</tool_call>"
    "{% endfor %}</s>{% endfor %}",
)
GEMMA_VISION = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<start_of_image>{% else %}{{ part['text'] | trim }}{% endif %}"
    "{% endfor %}{% endif %}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.3,
}


def tokenizer(template: str | None = CHATML, **special: Any) -> Any:
    """Byte-level BPE: any text can be written, special tokens are tokens of their own."""
    named = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "<|im_end|>"} | special
    more = named.pop("additional_special_tokens", ["<|im_start|>"])
    plain = named.pop("plain_tokens", ["<think>", "</think>"])
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=[*named.values(), *more],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(SENTENCES, trainer)
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, additional_special_tokens=more, **named
    )
    made.add_tokens(plain)
    made.chat_template = template
    return made


def speaking(model: Any, words: Any, ends: bool = True) -> Any:
    """The model, kept from writing bytes that are no text: random ones would write NUL too."""
    texts = [words.decode([token]) for token in range(len(words))]
    odd = [n for n, text in enumerate(texts) if not (text.isascii() and text.isprintable())]
    special = set(words.all_special_ids) - ({words.eos_token_id} if ends else set())
    with torch.no_grad():
        model.lm_head.weight[[*odd, *special]] = 0
    return model


def saved(folder: Path, model: Any, *others: Any) -> Path:
    for each in (model, *others):
        each.save_pretrained(folder)
    return folder


def llama(folder: Path, **settings: Any) -> Path:
    """A language model of Llama's kind with ChatML turns, as Qwen's have.

    ``seed`` draws other weights; with ``ends=False`` it writes as long as it may.
    """
    words, ends = tokenizer(settings.pop("template", CHATML)), settings.pop("ends", True)
    torch.manual_seed(settings.pop("seed", 0))
    config = transformers.LlamaConfig(**_sized(words), **SMALL | settings)
    return saved(folder, speaking(transformers.LlamaForCausalLM(config), words, ends), words)


def qwen(folder: Path) -> Path:
    """A language model of Qwen's kind: queries and keys are normalised."""
    words = tokenizer()
    torch.manual_seed(0)
    config = transformers.Qwen3Config(**_sized(words), **SMALL, head_dim=8)
    return saved(folder, speaking(transformers.Qwen3ForCausalLM(config), words), words)


def gemma(folder: Path) -> Path:
    """A language model of Gemma's kind: sliding windows in every other layer, no system turn."""
    words = tokenizer(
        GEMMA, eos_token="<end_of_turn>", additional_special_tokens=["<start_of_turn>"]
    )
    torch.manual_seed(0)
    config = transformers.Gemma3TextConfig(
        **_sized(words), **SMALL, head_dim=8, sliding_window=16,
        layer_types=["sliding_attention", "full_attention"], tie_word_embeddings=False,
    )  # fmt: skip
    return saved(folder, speaking(transformers.Gemma3ForCausalLM(config), words), words)


def llava(folder: Path, template: str = LLAVA) -> Path:
    """A CLIP eye in front of a Llama."""
    words = tokenizer(None, eos_token="</s>", additional_special_tokens=["<image>"])
    torch.manual_seed(0)
    vision = transformers.CLIPVisionConfig(**_eye(), projection_dim=32)
    text = transformers.LlamaConfig(**_sized(words), **SMALL)
    config = transformers.LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    square = {"height": 28, "width": 28}
    pictures = transformers.CLIPImageProcessorPil(size=square, crop_size=square)
    processor = transformers.LlavaProcessor(
        pictures, words, patch_size=14, vision_feature_select_strategy="default",
        chat_template=template, num_additional_image_tokens=1,
    )  # fmt: skip
    model = transformers.LlavaForConditionalGeneration(config)
    return saved(folder, speaking(model, words), processor)


def gemma_vision(folder: Path) -> Path:
    """A SigLIP eye in front of a Gemma."""
    words = tokenizer(
        None,
        eos_token="<end_of_turn>",
        boi_token="<start_of_image>",
        eoi_token="<end_of_image>",
        image_token="<image_soft_token>",
        additional_special_tokens=["<start_of_turn>"],
    )
    torch.manual_seed(0)
    text = transformers.Gemma3TextConfig(
        **_sized(words), **SMALL, head_dim=8, sliding_window=16,
        layer_types=["sliding_attention", "full_attention"],
    )  # fmt: skip
    config = transformers.Gemma3Config(
        text_config=text,
        tie_word_embeddings=False,
        vision_config=transformers.SiglipVisionConfig(**_eye(), vision_use_head=False),
        mm_tokens_per_image=4,
        boi_token_index=words.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=words.convert_tokens_to_ids("<end_of_image>"),
        image_token_index=words.convert_tokens_to_ids("<image_soft_token>"),
    )
    pictures = transformers.Gemma3ImageProcessorPil(size={"height": 28, "width": 28})
    processor = transformers.Gemma3Processor(
        pictures, words, chat_template=GEMMA_VISION, image_seq_length=4
    )
    model = transformers.Gemma3ForConditionalGeneration(config)
    # Its projection begins as zeros: such a model would be blind.
    torch.nn.init.normal_(model.model.multi_modal_projector.mm_input_projection_weight)
    torch.nn.init.normal_(model.lm_head.weight)
    return saved(folder, speaking(model, words), processor)


def _sized(words: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(words),
        "pad_token_id": words.pad_token_id,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
    }


def _eye() -> dict[str, Any]:
    sides = {"hidden_size": 32, "intermediate_size": 64, "image_size": 28, "patch_size": 14}
    return {**sides, "num_hidden_layers": 2, "num_attention_heads": 4, "initializer_range": 0.3}
