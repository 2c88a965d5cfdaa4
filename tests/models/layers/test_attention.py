import pytest
import torch
import torch.nn.functional as F

from armillary.models.layers import attention as layer
from armillary.models.layers.attention import SHORT, CrossAttention, attention


def with_gradients(attend, *tensors, **settings):
    leaves = [tensor.detach().requires_grad_() for tensor in tensors]
    out = attend(*leaves, **settings)
    weights = torch.randn(out.shape, generator=torch.Generator().manual_seed(1))
    return out, *torch.autograd.grad((out * weights).sum(), leaves)


@pytest.mark.parametrize("n_keys", [1, 7, SHORT, SHORT + 1])
@pytest.mark.parametrize("looking", ["everywhere", "back", "at what is real", "by distance"])
def test_both_ways_are_those_of_torch(n_keys, looking):
    torch.manual_seed(0)
    queries, keys, values = torch.randn(3, 2, 3, n_keys, 4).unbind()
    real = torch.rand(2, 1, 1, n_keys) < 0.7
    real[..., 0] = True
    mask = {"at what is real": real, "by distance": torch.randn(1, 3, n_keys, n_keys)}.get(looking)
    causal = looking == "back"
    reference = with_gradients(
        F.scaled_dot_product_attention, queries, keys, values, attn_mask=mask, is_causal=causal
    )
    ours = with_gradients(attention, queries, keys, values, mask=mask, causal=causal)
    for mine, theirs in zip(ours, reference, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(attention(queries, keys, values, mask, causal=causal), reference[0])


def test_what_is_fused_is_what_is_long_or_not_learnt_from(monkeypatch):
    fused = []
    kernel = F.scaled_dot_product_attention
    monkeypatch.setattr(
        layer.F,
        "scaled_dot_product_attention",
        lambda *a, **b: fused.append(a[1].shape[2]) or kernel(*a, **b),
    )
    for n_keys in (SHORT, SHORT + 1):
        attention(*torch.randn(3, 1, 1, n_keys, 2).unbind())
    with torch.inference_mode():
        attention(*torch.randn(3, 1, 1, 5, 2).unbind())
    assert fused == [SHORT + 1, 5]


def test_a_memory_is_the_same_whether_it_is_learnt_from_or_not():
    torch.manual_seed(0)
    module, sources = CrossAttention(8, 2), torch.randn(3, 5, 8)
    learnt = module.read(sources)
    with torch.inference_mode():
        looked_at = module.read(sources)
    assert torch.equal(learnt.keys, looked_at.keys)
    assert torch.equal(learnt.values, looked_at.values)
    assert looked_at.keys.is_contiguous()
    assert looked_at.values.is_contiguous()
