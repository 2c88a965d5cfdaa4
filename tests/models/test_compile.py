"""Every family under torch.compile, in a process of its own: the run-time shape checks of this suite are
what a compiler cannot take."""

import subprocess
import sys

import pytest

PROGRAM = """
import torch
from armillary.models import MODELS, Signature

torch.manual_seed(0)
for kind in MODELS:
    for inputs, outputs in sorted(MODELS[kind].supports):
        shapes = dict(vocab_size=50, length=16, target_length=16, channels=1, height=8, width=8, n_classes=3)
        signature = Signature(inputs=inputs, outputs=outputs, **shapes)
        model = MODELS[kind]().fit_to(signature).at_size(2e4).replace(dropout=0.0).build()
        x = torch.randint(50, (3, 16)) if inputs == "tokens" else torch.randn(3, 1, 8, 8)
        asked = (x, None, x) if outputs == "tokens" else (x,)
        recurrent = "lstm" in kind  # torch's fused kernel is called between compiled parts
        torch.compiler.reset()
        compiled = torch.compile(model, backend="aot_eager", fullgraph=not recurrent)
        gradients = []
        for call in (model, compiled):
            out = call(*asked)
            out = out[0] if isinstance(out, tuple) else out
            gradients.append(torch.autograd.grad(out.square().sum(), list(model.parameters())))
        for plain, fused in zip(*gradients):
            torch.testing.assert_close(fused, plain, atol=1e-4, rtol=1e-4)
        print(kind, inputs, outputs)
"""


@pytest.mark.slow
def test_a_compiler_takes_every_family_and_changes_nothing():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 15
