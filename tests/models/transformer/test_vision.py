import pytest
import torch
from torch import nn
from transformers import ViTConfig, ViTForImageClassification

from armillary.models import Signature
from armillary.models.transformer import TransformerConfig
from armillary.models.transformer.vision import cut_into_patches, patch_side

SIGNATURE = Signature(inputs="image", outputs="class", channels=3, height=12, width=16, n_classes=5)
CLASSIC = TransformerConfig(
    signature=SIGNATURE, d_model=16, n_layers=2, n_heads=4, d_ff=24, positions="learnt", norm="layer",
    activation="gelu", bias=True, patch_size=4, class_token=True,
)  # fmt: skip


def reference():
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, image_size=(12, 16),
        patch_size=4, num_channels=3, num_labels=5, layer_norm_eps=1e-5,
    )  # fmt: skip
    vit = ViTForImageClassification(config).eval()
    for parameter in vit.parameters():
        nn.init.uniform_(parameter, -0.3, 0.4)
    return vit


def copy(mine, *theirs):
    """Fill a map with one of theirs, or with several stacked."""
    mine.weight.data.copy_(
        torch.cat([layer.weight.flatten(1) if layer.weight.ndim > 1 else layer.weight for layer in theirs])
    )
    mine.bias.data.copy_(torch.cat([layer.bias for layer in theirs]))


def copy_weights(model, vit):
    """Their layers come in the order of the computation: query, key, value, output, up, down, ..., head."""
    linears = iter([m for m in vit.modules() if isinstance(m, nn.Linear)])
    norms = iter([m for m in vit.modules() if isinstance(m, nn.LayerNorm)])
    copy(model.patches, next(m for m in vit.modules() if isinstance(m, nn.Conv2d)))
    model.class_token.data.copy_(vit.vit.embeddings.cls_token.flatten())
    model.stack.positions.table.weight.data.copy_(vit.vit.embeddings.position_embeddings[0])
    for block in model.stack.blocks:
        copy(block.self_attention.qkv, next(linears), next(linears), next(linears))
        copy(block.self_attention.out, next(linears))
        copy(block.feed_forward.up, next(linears))
        copy(block.feed_forward.down, next(linears))
        copy(block.norm_self, next(norms))
        copy(block.norm_ff, next(norms))
    copy(model.stack.norm, next(norms))
    copy(model.head, next(linears))


def test_with_the_options_of_the_paper_it_is_vit():
    torch.manual_seed(0)
    vit, model = reference(), CLASSIC.build().eval()
    copy_weights(model, vit)
    images = torch.randn(2, 3, 12, 16)
    with torch.no_grad():
        torch.testing.assert_close(model(images), vit(images).logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("pixels", "side"), [(8, 2), (28, 4), (32, 4), (64, 8), (128, 8), (224, 16), (256, 16)]
)
def test_patches_grow_with_the_image(pixels, side):
    assert patch_side(pixels, 2 * pixels) == side


def test_patches_are_cut_row_by_row_and_filled_up_with_zeros():
    image = torch.arange(2 * 3 * 5.0).view(1, 2, 3, 5)
    patches = cut_into_patches(image, 2)
    assert patches.shape == (1, 6, 8)
    torch.testing.assert_close(patches[0, 1], image[0, :, :2, 2:4].flatten())
    torch.testing.assert_close(patches[0, 5], torch.tensor([14.0, 0, 0, 0, 29, 0, 0, 0]))


def test_places_are_learnt_unless_asked_otherwise_and_any_kind_will_do():
    torch.manual_seed(0)
    images = torch.randn(2, 3, 12, 16)
    plain = TransformerConfig(signature=SIGNATURE, d_model=16)
    assert plain.position_kind == "learnt"
    assert plain.fit_to(Signature(vocab_size=50, length=12)).position_kind == "rope"
    for positions in ("rope", "sinusoidal", "learnt"):
        for class_token in (False, True):
            model = plain.replace(positions=positions, class_token=class_token).build().eval()
            upside_down = model(images.flip(2))
            assert not torch.allclose(model(images), upside_down, atol=1e-5)
