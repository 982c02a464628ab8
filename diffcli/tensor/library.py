"""All functions of programs: importing this module defines them."""

from diffcli.tensor import (  # noqa: F401
    arithmetic,
    choices,
    creation,
    elementwise,
    in_place,
    indexing,
    methods,
    orderings,
    parts,
    reductions,
    sampling,
    scattering,
    selection,
    views,
)
