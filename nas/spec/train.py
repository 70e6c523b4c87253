"""The section train: how networks are trained by gradient, where a family leaves that to the spec."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from nas.spec.fields import WHOLE, Section

Change: TypeAlias = Literal["shift", "flip"]


class TrainSpec(Section):
    """Of convolutional networks. Candidates are trained shortly for the ranking, the best then in full."""

    epochs: Annotated[int, Field(ge=1, le=10_000), WHOLE] = 20
    """Of a design that is handed over."""
    ranking_epochs: Annotated[int, Field(ge=1, le=10_000), WHOLE] = 2
    """Of a candidate of the search."""
    ranking_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """The share of the training rows that a candidate of the search sees."""
    supernet: Literal["sandwich"] | None = None
    """Ranks candidates by weights that all share, trained once before the search, instead of by a training
    each."""
    supernet_epochs: Annotated[int, Field(ge=1, le=10_000), WHOLE] = 10
    """Of the shared weights."""
    finalists: Annotated[int, Field(ge=1, le=1000), WHOLE] = 4
    """How many designs, evenly along the front of the search, are trained in full."""
    quantize: Literal["qat", "calibrate"] = "qat"
    """qat: one more epoch with weights and activations rounded to int8; calibrate: rounded afterwards."""
    augment: Annotated[tuple[Change, ...], Field(strict=False)] = ("shift",)
    """What is changed about training rows: shift by some pixels or steps, flip left and right."""
    batch: Annotated[int, Field(ge=2, le=65_536), WHOLE] = 128
    """Rows of a step."""
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.006
    """Of AdamW at its peak."""
