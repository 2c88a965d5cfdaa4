"""One step of long short-term memory, written out.

Hochreiter & Schmidhuber 1997, with the forget gate of Gers, Schmidhuber & Cummins 2000.  From the input
x_t, the output h_{t-1} and the memory c_{t-1} of the step before:

    i = sigmoid(W_i x_t + U_i h_{t-1} + b_i)      what to write
    f = sigmoid(W_f x_t + U_f h_{t-1} + b_f)      what to keep
    g =    tanh(W_g x_t + U_g h_{t-1} + b_g)      the candidate
    o = sigmoid(W_o x_t + U_o h_{t-1} + b_o)      what to show

    c_t = f * c_{t-1} + i * g
    h_t = o * tanh(c_t)

The memory passes from step to step by a sum, so that its gradient neither fades nor explodes where the
forget gate is near 1; b_f starts at 1 for that reason (Jozefowicz, Zaremba & Sutskever 2015).

Training uses torch's fused kernels, which compute the same over whole sequences.  A text that is written
goes step by step, and there ``lstm_step`` is faster: on a CPU those kernels lay out the weights anew in
each call (one row, 512 units: 2.4 ms, and 0.3 ms here).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from armillary.models.layers.product import linear

N_GATES = 4  # i, f, g, o: the order in which torch stacks them
FORGET = 1


def lstm_step(
    x: Float[Tensor, "batch n_in"],
    h: Float[Tensor, "batch n_hidden"],
    c: Float[Tensor, "batch n_hidden"],
    W: Float[Tensor, "gates n_in"],
    U: Float[Tensor, "gates n_hidden"],
    b: Float[Tensor, " gates"],
) -> tuple[Float[Tensor, "batch n_hidden"], Float[Tensor, "batch n_hidden"]]:
    """Return (h_t, c_t); ``W``, ``U`` and ``b`` hold the four gates one above the other."""
    i, f, g, o = (linear(x, W, b) + linear(h, U)).chunk(N_GATES, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
