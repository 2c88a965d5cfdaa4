"""The written-out step against torch's kernels."""

import torch

from armillary.models.lstm.block import RecurrentBlock
from armillary.models.lstm.cell import lstm_step


def test_stepping_gives_what_torch_gives():
    torch.manual_seed(0)
    reference = torch.nn.LSTM(5, 7, batch_first=True)
    x, h, c = torch.randn(3, 11, 5), torch.randn(3, 7), torch.randn(3, 7)
    expected, (last_h, last_c) = reference(x, (h[None], c[None]))
    W, U = reference.weight_ih_l0, reference.weight_hh_l0
    outputs = []
    for t in range(11):
        h, c = lstm_step(x[:, t], h, c, W, U, reference.bias_ih_l0 + reference.bias_hh_l0)
        outputs.append(h)
    torch.testing.assert_close(torch.stack(outputs, 1), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close((h, c), (last_h[0], last_c[0]), atol=1e-5, rtol=1e-5)


def test_a_block_is_norm_step_map_and_sum_from_its_learnt_state():
    torch.manual_seed(0)
    block = RecurrentBlock(6, 8)
    for parameter in block.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.7)
    x = torch.randn(2, 9, 6)
    normed, lstm = block.norm(x), block.lstm
    h, c = block.first_h.expand(2, 8), block.first_c.expand(2, 8)
    outputs = []
    for t in range(9):
        h, c = lstm_step(
            normed[:, t], h, c, lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0 + lstm.bias_hh_l0
        )
        outputs.append(h @ block.out.weight.T)
    out, (last_h, last_c) = block(x)
    torch.testing.assert_close(out, x + torch.stack(outputs, 1), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close((last_h[0], last_c[0]), (h, c), atol=1e-5, rtol=1e-5)


def test_memory_starts_by_keeping():
    block = RecurrentBlock(6, 8, bidirectional=True)
    for direction in ("", "_reverse"):
        biases = [getattr(block.lstm, f"bias_{kind}_l0{direction}") for kind in ("ih", "hh")]
        assert sum(biases).tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8  # input, forget, candidate, output
