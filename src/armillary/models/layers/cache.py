"""What a decoder keeps of the tokens before, so that each new one costs one step and not the whole text."""

from __future__ import annotations

import sys

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class KeyValueCache:
    """Keys and values of the last tokens read by one attention layer.

    Extended in place: it belongs to one continuation.  Room is made by doubling, so that a token costs
    a constant amount of copying; what no later token can see (``window``) is then left behind.
    """

    def __init__(self, window: int = sys.maxsize) -> None:
        self.window = window
        self.buffer: Tensor | None = None  # (2, batch, heads, capacity, d_head)
        self.end = 0

    @property
    def n_kept(self) -> int:
        """How many of the tokens before the next one may look at."""
        return min(self.end, self.window - 1)

    def append(
        self, keys: Float[Tensor, "batch heads new d_head"], values: Float[Tensor, "batch heads new d_head"]
    ) -> tuple[Float[Tensor, "batch heads seen d_head"], Float[Tensor, "batch heads seen d_head"]]:
        """Add new tokens; return the keys and values that at least one of them may look at."""
        new = keys.shape[2]
        buffer = self._room_for(keys)
        buffer[0, :, :, self.end : self.end + new] = keys
        buffer[1, :, :, self.end : self.end + new] = values
        self.end += new
        seen = buffer[:, :, :, max(0, self.end - new - self.window + 1) : self.end]
        return seen[0], seen[1]

    def take(self, rows: Int[Tensor, " n"]) -> None:
        """Let row i go on from what row ``rows[i]`` was; rows that are not named are forgotten."""
        if self.buffer is not None:
            self.buffer = self.buffer.index_select(1, rows)

    def _room_for(self, keys: Tensor) -> Tensor:
        batch, heads, new, d_head = keys.shape
        if self.buffer is not None and self.end + new <= self.buffer.shape[3]:
            return self.buffer
        kept = self.n_kept
        buffer = keys.new_empty(2, batch, heads, 2 * (kept + new), d_head)
        if self.buffer is not None:
            buffer[:, :, :, :kept] = self.buffer[:, :, :, self.end - kept : self.end]
        self.buffer, self.end = buffer, kept
        return buffer


def causal_mask(
    n_new: int, n_seen: int, window: int, device: torch.device
) -> Bool[Tensor, "new seen"] | None:
    """Return which of the seen tokens each of the last ``n_new`` may look at; None: the plain cases.

    A token sees itself and the ``window - 1`` before it.  None stands for a single new token, which
    sees all, and for a whole text within the window, which attention masks by itself.
    """
    if n_new == 1 or n_new == n_seen <= window:
        return None
    distance = torch.arange(n_seen - n_new, n_seen, device=device)[:, None] - torch.arange(
        n_seen, device=device
    )
    return (distance >= 0) & (distance < window)
