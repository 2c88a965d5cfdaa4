import torch

from armillary.models import Signature
from armillary.models.transformer import TransformerConfig

SIGNATURE = Signature(outputs="class", vocab_size=50, length=12, n_classes=3)


def test_every_token_sees_every_other_but_none_that_is_padding():
    torch.manual_seed(0)
    model = TransformerConfig(signature=SIGNATURE, d_model=16, n_layers=2, n_heads=2).build().eval()
    text = torch.randint(50, (2, 12))
    attended = model.stack(model.embedding(text))
    changed = text.clone()
    changed[:, -1] = (changed[:, -1] + 1) % 50
    assert not torch.allclose(model.stack(model.embedding(changed))[:, 0], attended[:, 0], atol=1e-6)
    lengths = torch.tensor([11, 11])
    torch.testing.assert_close(model(changed, lengths), model(text[:, :11]))


def test_dropout_is_for_classes_unless_asked_for():
    config = TransformerConfig(signature=SIGNATURE)
    assert config.dropout_rate == 0.1
    assert config.fit_to(Signature(vocab_size=50, length=12)).dropout_rate == 0.0
    assert config.replace(dropout=0.3).dropout_rate == 0.3
