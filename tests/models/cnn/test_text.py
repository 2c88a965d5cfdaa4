import torch

from armillary.models import Signature
from armillary.models.cnn import CNNConfig


def test_each_filter_reports_its_strongest_match_wherever_it_is():
    torch.manual_seed(0)
    signature = Signature(outputs="class", vocab_size=30, length=20, n_classes=3)
    model = CNNConfig(signature=signature, d_model=8).build().eval()
    assert [f.kernel_size[0] for f in model.filters] == [3, 4, 5]
    text = torch.full((1, 20), 7)
    early, late = text.clone(), text.clone()
    early[0, 4:7] = late[0, 11:14] = torch.tensor([1, 2, 3])
    torch.testing.assert_close(model(early), model(late))
    assert not torch.allclose(model(early), model(text), atol=1e-6)
