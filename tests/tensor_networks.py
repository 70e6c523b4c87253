"""Hypothesis strategies for random int8 networks, shared by the whole suite."""

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st

from codegen.ir import Network
from codegen.ir.testing import KINDS, Style, network_of_kinds


@st.composite
def tensor_networks(draw: st.DrawFn, style: Style = "any", max_operators: int = 6) -> Network:
    """A network of up to `max_operators` operators of any kind, and some that they need."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=max_operators))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    try:
        with np.errstate(over="raise"):
            return network_of_kinds(kinds, rng, style)
    except FloatingPointError:  # the scale of a product of products leaves float32
        reject()
