"""All functions of programs: importing this module defines them."""

from diffcli.tensor import (  # noqa: F401
    arithmetic,
    choices,
    copies,
    creation,
    elementwise,
    in_place,
    indexing,
    joining,
    methods,
    orderings,
    parts,
    quantiles,
    reductions,
    sampling,
    scattering,
    selection,
    statistics,
    views,
    windows,
)
