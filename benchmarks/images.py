"""Training a residual CNN on 28x28 images: Armillary's loop, Keras 3, a bare PyTorch loop.

Equal work: the same residual network (convolutions, channels, blocks, batch norm), batch, AdamW, float32,
all cores.  Keras runs on its PyTorch backend, the one that is installed beside Armillary.
"""

from __future__ import annotations
