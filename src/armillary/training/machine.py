"""What makes the same arithmetic faster on this machine, set once for the process."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys
from pathlib import Path

import torch

# Parameters of glibc's mallopt (malloc.h).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_TOP_PAD_BYTES = 64 * 2**20
SLACK = 2 * 2**30  # bytes


@functools.cache
def tune_machine() -> None:
    """Keep freed memory in the process and treat denormal numbers as zero.

    Every training step allocates and frees the same activations.  By default the C allocator gives large
    blocks back to the kernel, which then has to find and clear each page again in the next step.
    """
    tune_allocator()
    torch.set_flush_denormal(True)


def tune_allocator() -> bool:
    """Tell glibc to serve all sizes from the heap and never to trim it; return whether it agreed.

    Elsewhere (macOS, Windows, musl) nothing happens.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, -1) and mallopt(_TOP_PAD, _TOP_PAD_BYTES))


class Heap:
    """Freed memory, of which ``SLACK`` may stay in the process.

    Batches of texts differ in length, and their activations leave holes that the next batch does not fit
    into: on pairs of texts the process grew from 0.5 to 10 GiB in a thousand steps.
    """

    def __init__(self) -> None:
        self._kept = resident()

    def look(self) -> None:
        """Give what is free back to the kernel once the process has grown too much."""
        if resident() - self._kept > SLACK:
            trim()
            self._kept = resident()


def resident() -> int:
    """Return the bytes of memory that the process holds; 0 where the kernel does not say it so."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def trim() -> None:
    """Let glibc give free pages back, those between blocks in use as well."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def peak_memory(device: torch.device) -> int:
    """Return the most bytes held at once: on an accelerator by tensors, on a CPU by the whole process."""
    if device.type != "cpu":
        return int(torch.accelerator.max_memory_allocated(device))
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes there and KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
