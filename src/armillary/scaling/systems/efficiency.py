"""What devices reach of their peaks: the few constants of the step-time model, and where each is from.

``memory``, ``link``, ``network`` and ``hop`` are round figures (gradients of the configurations below cross
NVLink at 242 of 300 GB/s), ``hidden`` is what meets the six ZeRO-3 rows of Narayanan et al. 2021
(arXiv:2104.04473, table 2) within 11%.  The six others were fitted once, by least squares of log time, to
1,440 single-node configurations of GPT models with d_model 1024 and 2048 on 2 to 8 A100 (Bang et al. 2023,
vTrain, arXiv:2312.12391).  ``python -m benchmarks systems`` shows how well other runs are met.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Efficiency:
    """Shares of a device's peaks, and the seconds that every kernel costs besides its work."""

    matmul: float = 0.79  # of the peak FLOP/s, by a large matrix multiplication
    kernel: float = 7.0e-5  # seconds that a matrix multiplication loses: half speed at 20 GFLOP on an A100
    memory: float = 0.8  # of the memory's bandwidth, by kernels that read and write
    link: float = 0.8  # of the bandwidth inside a node, by a ring of devices
    network: float = 0.8  # of the bandwidth between nodes
    hop: float = 5e-6  # seconds from one device of a long ring to the next (InfiniBand and NCCL: 4 to 7)
    hidden: float = 0.5  # of the computing that transfers in the background hide behind
    collective: float = 1.85e-4  # seconds that two devices wait for each other; n wait log2(n) times as long
    host: float = 3.0e-3  # seconds in which the host launches one block's kernels, forward and backward
    host_collective: float = 9.6e-5  # and one collective
    unaligned: float = 0.30  # of a matmul's speed, where an odd vocabulary keeps it off the matrix units


DEFAULT = Efficiency()
