"""The run-time checker of annotations that the whole suite runs under, tensor shapes included."""

import typing

from beartype import BeartypeConf, FrozenDict, beartype

# jaxtyping decorates methods one by one, where ``Self`` has no meaning to beartype.
# An int is a float to the type checker (PEP 484), so it is one here.
check = beartype(
    conf=BeartypeConf(
        is_pep484_tower=True,
        hint_overrides=FrozenDict({typing.Self: typing.Any}),
    )
)
