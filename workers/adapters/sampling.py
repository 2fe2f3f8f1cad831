"""Drawing tokens by a seed of the request's own: the same alone, in any batch, in any order.

Gumbel-max: adding Gumbel noise to log-probabilities and taking the largest draws from them (Gumbel
1954; Maddison et al., “A* sampling”, 2014). The noise of a token is a pure function of the
request's seed, the token's position and its id, by integer hashing, so no generator has a state
that other requests could move. Made of tensor operations only, it also runs inside a CUDA graph.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor
from transformers.generation.continuous_batching.cb_logits_processors import (
    ContinuousBatchingLogitsProcessor,
)

from workers.adapters.decoding import Decoding

MASK = 0xFFFFFFFF
GOLDEN = 0x9E3779B9


def key_of(seed: int, position: int) -> int:
    """32 bits for one place of one request's text."""
    return _mixed_int(_mixed_int(seed & MASK) ^ ((position * GOLDEN) & MASK))


def gumbel(keys: Tensor, tokens: Tensor) -> Tensor:
    """Noise for tokens (B, N) under keys (B,), both int64: a draw from the standard Gumbel each."""
    if tokens.device.type == "mps":  # which has no 64-bit floats: another rounding, other draws
        return gumbel(keys.cpu(), tokens.cpu()).to(tokens.device)
    bits = _mixed(_mixed((tokens * GOLDEN) & MASK) ^ keys[:, None])
    uniform = (bits.double() + 0.5) / 2**32
    return -torch.log(-torch.log(uniform)).float()


def draw(scores: Tensor, keys: Tensor, decoding: Decoding) -> Tensor:
    """One token id (B,) per row of scores (B, V): temperature, then top-k, then top-p."""
    scores = scores.float() / decoding.temperature
    tokens = torch.arange(scores.shape[1], device=scores.device).expand_as(scores)
    if decoding.top_k or decoding.top_p < 1:
        most = min(decoding.top_k or scores.shape[1], scores.shape[1])
        scores, tokens = torch.topk(scores, most, dim=-1, sorted=True)
    if decoding.top_p < 1:
        shares = scores.softmax(-1)
        scores = scores.masked_fill(shares.cumsum(-1) - shares >= decoding.top_p, -torch.inf)
    chosen = (scores + gumbel(keys, tokens)).argmax(-1, keepdim=True)
    return tokens.gather(-1, chosen)[:, 0]


def only(tokens: Tensor, scores: Tensor) -> Tensor:
    """Scores that leave nothing but the drawn tokens to choose."""
    return torch.full_like(scores, -torch.inf).scatter(-1, tokens[:, None], 0.0)


class SeededRows(LogitsProcessor):  # type: ignore[misc]
    """For ``generate``: row i goes on at position ``lengths[i]`` under ``seeds[i]``."""

    def __init__(
        self, decoding: Decoding, seeds: Sequence[int], lengths: Sequence[int], width: int
    ) -> None:
        self._decoding, self._width = decoding, width
        self._rows = list(zip(seeds, lengths, strict=True))

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        step = input_ids.shape[1] - self._width
        keys = [key_of(seed, length + step) for seed, length in self._rows]
        drawn = draw(scores, torch.tensor(keys, device=scores.device), self._decoding)
        return only(drawn, scores)


class SeededRequests(ContinuousBatchingLogitsProcessor):  # type: ignore[misc]
    """For continuous batching: each request brings its seed; the position is the engine's."""

    supported_kwargs: dict[str, type] = {"seed": int}
    ignored_kwargs: tuple[str, ...] = ()

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding

    def fill_defaults(self, int32_tensor: Tensor) -> None:
        int32_tensor.fill_(0)

    def prepare_tensor_args(self, requests_with_new_token: list[Any]) -> Tensor:
        states = [request.state for request in requests_with_new_token]
        keys = [
            key_of(state.logit_processor_kwargs.get("seed", 0), state.position_offset)
            for state in states
        ]
        # The engine's storage is int32: the same 32 bits, with a sign.
        return torch.tensor(keys, dtype=torch.int64).to(torch.int32)

    def __call__(self, scores: Tensor, tensor_arg: Tensor) -> Tensor:
        keys = tensor_arg[: scores.shape[0]].long() & MASK
        return only(draw(scores, keys, self._decoding), scores)


def _mixed(bits: Tensor) -> Tensor:
    """A 32-bit integer hash with little bias (C. Wellons, “lowbias32”), on int64 tensors."""
    bits = ((bits ^ (bits >> 16)) * 0x7FEB352D) & MASK
    bits = ((bits ^ (bits >> 15)) * 0x846CA68B) & MASK
    return bits ^ (bits >> 16)


def _mixed_int(bits: int) -> int:
    bits = ((bits ^ (bits >> 16)) * 0x7FEB352D) & MASK
    bits = ((bits ^ (bits >> 15)) * 0x846CA68B) & MASK
    return bits ^ (bits >> 16)
