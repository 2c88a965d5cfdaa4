"""What a recurrent model carries from one batch to the next: tensors in tuples and dictionaries.

Training truncates back-propagation at the border between batches (Williams & Peng 1990): values pass it,
gradients do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def detached(state: Any) -> Any:
    """Return ``state`` cut off from the graph that made it."""
    if isinstance(state, Tensor):
        return state.detach()
    if isinstance(state, Mapping):
        return {key: detached(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return tuple(detached(value) for value in state)
    if state is None:
        return None
    raise TypeError(f"a model's state is made of tensors, tuples and dictionaries, not {type(state)}")


def flattened(state: Any, name: str = "state") -> tuple[dict[str, Tensor], Any]:
    """Return (tensors by path, the structure with a path in each tensor's place, as plain JSON)."""
    if isinstance(state, Tensor):
        return {name: state}, {"tensor": name}
    if state is None:
        return {}, None
    items = state.items() if isinstance(state, Mapping) else enumerate(state)
    parts = {key: flattened(value, f"{name}.{key}") for key, value in items}
    tensors = {path: tensor for found, _ in parts.values() for path, tensor in found.items()}
    structures = {key: structure for key, (_, structure) in parts.items()}
    return tensors, {"keys": structures} if isinstance(state, Mapping) else list(structures.values())


def rebuilt(tensors: Mapping[str, Tensor], structure: Any) -> Any:
    """Return the state that ``flattened`` took apart."""
    if structure is None:
        return None
    if isinstance(structure, list):
        return tuple(rebuilt(tensors, part) for part in structure)
    if "tensor" in structure:
        return tensors[structure["tensor"]].clone()
    return {key: rebuilt(tensors, part) for key, part in structure["keys"].items()}
