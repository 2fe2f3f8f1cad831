"""A language model from the Hub or a folder, run in this process.

One process, one engine, one device: torch is imported when the model is loaded, never before.
Weights come as safetensors only and a repository's own code is never run.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from workers.adapters.base import Adapter, AdapterError, Answer, Ask

MOST_NEW_TOKENS = 512
SAMPLING = ("temperature", "top_p", "top_k")


class TransformersText(Adapter):
    """``model`` (Hub name or folder), ``system_prompt``, ``dtype``; greedy unless ``decoding``
    holds a temperature.

    A sampled answer is asked for alone: in a batch the same seed would give another text. Greedy
    answers share padded batches; in half precision near-ties may differ between batch sizes.
    """

    packages: ClassVar = ("torch", "transformers", "tokenizers", "safetensors")
    batch = 16

    _model: Any = None
    _tokenizer: Any = None

    def load(self) -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            problem = 'This worker has no torch: install it with pip install ".[models]".'
            raise AdapterError(problem) from error
        pinned = {"revision": self.revision or None, "trust_remote_code": False}
        self._tokenizer = AutoTokenizer.from_pretrained(
            self.config["model"], padding_side="left", **pinned
        )
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._model = AutoModelForCausalLM.from_pretrained(
            self.config["model"],
            use_safetensors=True,
            dtype=self.config.get("dtype", "auto"),
            **pinned,
        )
        self._model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    def close(self) -> None:
        import gc

        import torch

        self._model = self._tokenizer = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def answer(self, ask: Ask) -> Answer:
        return self._generate([ask])[0]

    def answer_batch(self, asks: Sequence[Ask]) -> list[Answer]:
        if any("temperature" in ask.decoding for ask in asks):
            return [self.answer(ask) for ask in asks]
        # Similar lengths together, so that little of the batch is padding.
        order = sorted(range(len(asks)), key=lambda i: len(asks[i].text))
        answers = self._generate([asks[i] for i in order])
        by_place = dict(zip(order, answers, strict=True))
        return [by_place[i] for i in range(len(asks))]

    def _generate(self, asks: Sequence[Ask]) -> list[Answer]:
        import torch

        sent = self._batch([self.prompt_ids(ask) for ask in asks])
        torch.manual_seed(asks[0].seed)
        with torch.inference_mode():
            made = self._model.generate(**sent, **self._settings(asks[0]))
        width = sent["input_ids"].shape[1]
        prompts = sent["attention_mask"].sum(1).tolist()
        return [self._answer(row[width:], n) for row, n in zip(made, prompts, strict=True)]

    def prompt_ids(self, ask: Ask) -> list[int]:
        """Token ids of the whole prompt; special tokens spelled out in a case have no power."""
        room = self._model.config.max_position_embeddings - _new_tokens(ask)
        ids = self._chat_ids(ask) if self._tokenizer.chat_template else self._plain(ask.rendered)
        if len(ids) > room:
            problem = f"The prompt has {len(ids)} tokens; the model takes {room}."
            raise AdapterError(problem, failure="rejected_by_policy")
        return ids

    def _chat_ids(self, ask: Ask) -> list[int]:
        """The template around a placeholder, so that the case's text is tokenised apart."""
        mark = f"\u2063{ask.case_id[:16]}\u2063"
        system = self.config.get("system_prompt")
        turns = [{"role": "system", "content": system}] if system else []
        turns.append({"role": "user", "content": mark})
        whole = self._tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
        before, _, after = whole.partition(mark)
        ends = [self._tokenizer.encode(end, add_special_tokens=False) for end in (before, after)]
        return [*ends[0], *self._plain(ask.rendered), *ends[1]]

    def _plain(self, text: str) -> list[int]:
        """Token ids of the case's text; a control token among them is left out."""
        ids = self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        added = self._tokenizer.added_tokens_decoder.items()
        control = {key for key, token in added if token.special} - {self._tokenizer.unk_token_id}
        return [key for key in ids if key not in control]

    def _batch(self, rows: list[list[int]]) -> dict[str, Any]:
        padded = self._tokenizer.pad({"input_ids": rows}, return_tensors="pt")
        return {key: padded[key].to(self._model.device) for key in ("input_ids", "attention_mask")}

    def _settings(self, ask: Ask) -> dict[str, Any]:
        sampling = {key: ask.decoding[key] for key in SAMPLING if key in ask.decoding}
        return {
            "do_sample": bool(sampling.get("temperature")),
            **(sampling if sampling.get("temperature") else {}),
            "max_new_tokens": _new_tokens(ask),
            "pad_token_id": self._tokenizer.pad_token_id,
        }

    def _answer(self, ids: Any, prompt_tokens: int) -> Answer:
        text = self._tokenizer.decode(ids, skip_special_tokens=True).strip()
        made = int((ids != self._tokenizer.pad_token_id).sum())
        known = {
            "tokens_in": int(prompt_tokens),
            "tokens_out": made,
            "device": str(self._model.device),
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "attention": self._model.config._attn_implementation,
            "commit": getattr(self._model.config, "_commit_hash", None),
        }
        return Answer({"text": text}, known)


def _new_tokens(ask: Ask) -> int:
    return int(ask.decoding.get("max_tokens", MOST_NEW_TOKENS))
