"""Encoders and encoder-decoders for one task each: entities, classes, answers in a text, rewriting.

A text longer than the model reads is read in windows that overlap; classifiers read its beginning,
and the answer says that it was cut.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workers.adapters.base import AdapterError, Answer, Ask, Record
from workers.adapters.decoding import Decoding
from workers.adapters.labels import candidates, labels_record, renamed
from workers.adapters.local_model import LocalModel
from workers.adapters.records import record_of

LONGEST_WINDOW = 512
OVERLAP = 64
LONGEST_ANSWER = 64
"""Tokens of an extracted answer."""


class TextTask(LocalModel):
    """A model that reads the case's text alone."""

    @property
    def window(self) -> int:
        """Tokens the model reads at once."""
        config = self.model.config
        positions = getattr(config, "max_position_embeddings", None) or LONGEST_WINDOW
        return int(min(self.processor.model_max_length, positions, LONGEST_WINDOW))

    def text(self, ask: Ask) -> str:
        if not ask.text.strip():
            raise AdapterError("The case has no text.", failure="rejected_by_policy")
        return ask.text

    def windows(self, *texts: str) -> Any:
        """Overlapping windows of the last text, behind the others; with the place of each token."""
        overlap = min(OVERLAP, self.window // 4)
        return self.processor(
            *texts,
            truncation="only_second" if len(texts) > 1 else True,
            max_length=self.window,
            stride=overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )

    def outputs(self, encoded: Mapping[str, Any]) -> Any:
        known = set(self.processor.model_input_names)
        return self.model(**self.on_device({k: v for k, v in encoded.items() if k in known}))


class TokenClassification(TextTask):
    """Spans of typed words. ``labels`` renames the model's types; null leaves one out."""

    model_class = "AutoModelForTokenClassification"

    def classes(self) -> list[str]:
        return [kind_of(name) for name in super().classes()]

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        return [Answer({"spans": self._spans(self.text(ask))}) for ask in asks]

    def _spans(self, text: str) -> list[Record]:
        encoded = self.windows(text)
        chances = self.outputs(encoded).logits.float().softmax(-1).cpu().numpy()
        names = self.model.config.id2label
        found: dict[tuple[int, int], Any] = {}
        for number in range(len(chances)):
            for place, token in self._words(encoded, number):
                # A word in two windows has the chances of both; the sum decides.
                found[place] = found.get(place, 0) + chances[number, token]
        words = [(*place, names[int(found[place].argmax())]) for place in sorted(found)]
        return [span for span in joined(words) if self._keep(span)]

    def _words(self, encoded: Any, number: int) -> Iterator[tuple[tuple[int, int], int]]:
        """Place of each word in the text, and its first token, which speaks for it."""
        offsets = encoded["offset_mapping"][number].tolist()
        tokens: dict[int, list[int]] = {}
        for token, word in enumerate(encoded.word_ids(number)):
            if word is not None and offsets[token][1] > offsets[token][0]:
                tokens.setdefault(word, []).append(token)
        for held in tokens.values():
            yield (offsets[held[0]][0], offsets[held[-1]][1]), held[0]

    def _keep(self, span: Record) -> bool:
        span["type"] = renamed(self.config, span["type"])
        return bool(span["type"])


def kind_of(label: str) -> str:
    """Without the place of a word in its span: drug of B-drug and I-drug."""
    return label[2:] if label[1:2] == "-" else label


def joined(words: Sequence[tuple[int, int, str]]) -> list[Record]:
    """Words with labels such as B-drug, I-drug and O, or drug alone, to spans."""
    spans: list[Record] = []
    before = "O"
    for start, end, label in words:
        begins, kind = label[0] if label[1:2] == "-" else "", kind_of(label)
        goes_on = bool(spans) and before == kind and begins not in {"B", "S", "U"}
        before = "O" if label == "O" else kind
        if label == "O":
            continue
        if goes_on:
            spans[-1]["end"] = end
        else:
            spans.append({"start": start, "end": end, "type": kind})
    return spans


class TextClassification(TextTask):
    """Probabilities of the model's classes. ``labels`` renames them; null leaves one out."""

    model_class = "AutoModelForSequenceClassification"

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        texts = [self.text(ask) for ask in asks]
        encoded = self.processor(
            texts, truncation=True, max_length=self.window, padding=True, return_tensors="pt"
        )
        logits, config = self.outputs(encoded).logits.float(), self.model.config
        several = config.problem_type == "multi_label_classification"
        chances = (logits.sigmoid() if several else logits.softmax(-1)).tolist()
        names = [config.id2label[number] for number in range(config.num_labels)]
        cut = [len(self.processor(text)["input_ids"]) > self.window for text in texts]
        return [
            Answer(labels_record(self.config, names, row), {"truncated": True} if long else {})
            for row, long in zip(chances, cut, strict=True)
        ]


class ZeroShotText(TextTask):
    """Probabilities of classes named in ``classes``, by a model of entailment (NLI)."""

    model_class = "AutoModelForSequenceClassification"

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        return [self._answered(self.text(ask)) for ask in asks]

    def _answered(self, text: str) -> Answer:
        names = candidates(self.config)
        template = str(self.config.get("template") or "This text is about {}.")
        encoded = self.processor(
            [text] * len(names),
            [template.replace("{}", name) for name in names],
            truncation="only_first",
            max_length=self.window,
            padding=True,
            return_tensors="pt",
        )
        logits = self.outputs(encoded).logits.float()
        entailed, against = self._places()
        if self.config.get("several"):
            chances = logits[:, [against, entailed]].softmax(-1)[:, 1]
        else:
            chances = logits[:, entailed].softmax(-1)
        return Answer(labels_record(self.config, names, chances.tolist()))

    def _places(self) -> tuple[int, int]:
        """Where the model says that a sentence follows, and where that it is contradicted."""
        names = {name.lower(): number for number, name in self.model.config.id2label.items()}
        found = [
            next((n for k, n in names.items() if k.startswith(p)), None) for p in ("ent", "con")
        ]
        if None in found:
            problem = f"The model's classes are {', '.join(names)}; entailment is needed."
            raise AdapterError(problem, failure="rejected_by_policy")
        return found[0], found[1]  # type: ignore[return-value]


class ExtractiveAnswer(TextTask):
    """The stretch of the text that answers the study's question, as text or as a marked span."""

    model_class = "AutoModelForQuestionAnswering"

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        return [self._answered(ask) for ask in asks]

    def _answered(self, ask: Ask) -> Answer:
        text = self.text(ask)
        encoded = self.windows(ask.question, text)
        found = self.outputs(encoded)
        begins, ends = found.start_logits.float().tolist(), found.end_logits.float().tolist()
        best: tuple[float, int, int] = (float("-inf"), 0, 0)
        for number in range(len(begins)):
            places = self._context(encoded, number)
            best = max(best, *_stretches(places, begins[number], ends[number]))
        score, start, end = best
        return Answer(_said(ask, text, start, end), {"score": round(score, 4)})

    def _context(self, encoded: Any, number: int) -> dict[int, tuple[int, int]]:
        """Token → place in the text, for tokens of the text itself."""
        offsets = encoded["offset_mapping"][number].tolist()
        return {
            token: tuple(offsets[token])
            for token, part in enumerate(encoded.sequence_ids(number))
            if part == 1
        }


def _stretches(
    places: Mapping[int, tuple[int, int]], begins: Sequence[float], ends: Sequence[float]
) -> list[tuple[float, int, int]]:
    """Score, start and end of every stretch of at most ``LONGEST_ANSWER`` tokens."""
    return [
        (begins[first] + ends[last], places[first][0], places[last][1])
        for first in places
        for last in range(first, min(first + LONGEST_ANSWER, max(places) + 1))
        if last in places
    ] or [(float("-inf"), 0, 0)]


def _said(ask: Ask, text: str, start: int, end: int) -> Record:
    if ask.output_kind == "spans":
        return {"spans": [{"start": start, "end": end, "type": "answer"}] if end > start else []}
    return {"text": text[start:end]}


class TextToText(TextTask):
    """What an encoder-decoder writes for the prompt: summaries, simpler words, answers."""

    model_class = "AutoModelForSeq2SeqLM"

    def size(self, ask: Ask) -> int:
        return len(ask.rendered)

    def kind(self, ask: Ask) -> tuple[Decoding, int]:
        """Only asks of one decoding share a batch; raises ``AdapterError`` for an odd one."""
        told = {key: value for key, value in ask.decoding.items() if key != "num_beams"}
        decoding, beams = Decoding.of(told), int(ask.decoding.get("num_beams") or 1)
        if decoding.sampled and beams > 1:
            problem = "Beams look for the likeliest text: take num_beams or temperature, not both."
            raise AdapterError(problem, failure="rejected_by_policy")
        if decoding.stop:
            problem = "Stop words are for language models; this model ends its texts by itself."
            raise AdapterError(problem, failure="rejected_by_policy")
        return decoding, beams

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        from workers.adapters.sampling import SeededRows

        prompts = [ask.rendered for ask in asks]
        encoded = self.processor(
            prompts,
            truncation=True,
            max_length=min(self.processor.model_max_length, 4096),
            padding=True,
            return_tensors="pt",
        )
        decoding, beams = self.kind(asks[0])
        told = asks[0].decoding
        seeded = [SeededRows(decoding, [ask.seed for ask in asks], [0] * len(asks), 1)]
        written = self.model.generate(
            **self.on_device({k: encoded[k] for k in ("input_ids", "attention_mask")}),
            do_sample=False,
            num_beams=beams,
            max_new_tokens=int(told.get("max_new_tokens") or told.get("max_tokens") or 256),
            logits_processor=seeded if decoding.sampled else None,
            **_looking_back(decoding),
        )
        texts = self.processor.batch_decode(written, skip_special_tokens=True)
        asked = encoded["attention_mask"].sum(1).tolist()
        begin, pad = self.model.config.decoder_start_token_id, self.processor.pad_token_id
        made = [sum(token not in (begin, pad) for token in row) for row in written.tolist()]
        return [
            Answer(record_of(ask.output_kind, text.strip()), {"tokens_in": into, "tokens_out": out})
            for ask, text, into, out in zip(asks, texts, asked, made, strict=True)
        ]


def _looking_back(decoding: Decoding) -> dict[str, Any]:
    """What is told of repetitions and length; what is not, the checkpoint recommends."""
    told = {
        "repetition_penalty": (decoding.repetition_penalty, 1.0),
        "no_repeat_ngram_size": (decoding.no_repeat_ngram_size, 0),
        "min_new_tokens": (decoding.min_tokens, 0),
    }
    return {name: value for name, (value, usual) in told.items() if value != usual}
