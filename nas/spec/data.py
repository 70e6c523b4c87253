"""The sections data and split."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from nas.spec.fields import WHOLE, Reference, Section, Share, Text, at_key

DEFAULT_FOLDS = 3

Source: TypeAlias = Literal["bundled", "csv", "npz", "images", "openml", "call"]
SOURCES: tuple[Source, ...] = ("bundled", "csv", "npz", "images", "openml", "call")
_KEYS_OF_SOURCES: Mapping[str, tuple[Source, ...]] = {
    "target": ("csv", "openml"),
    "drop": ("csv", "openml"),
    "separator": ("csv",),
    "missing": ("csv", "openml"),
    "size": ("images",),
    "color": ("images",),
}


Side: TypeAlias = Annotated[int, Field(ge=1, le=1024), WHOLE]
ImageSize: TypeAlias = Annotated[tuple[Side, Side], Field(strict=False)]


def _both_sides(value: object) -> object:
    return [value, value] if isinstance(value, int | float) and not isinstance(value, bool) else value


class DataSpec(Section):
    """Where the data comes from: exactly one of bundled, csv, npz, images, openml and call."""

    bundled: Literal["wdbc", "digits", "wine", "iris", "diabetes"] | None = None
    """A set that comes with scikit-learn: nothing to download."""
    csv: Text | None = None
    """A UTF-8 file whose first line names the columns; relative to the spec."""
    npz: Text | None = None
    """A NumPy archive with arrays x and y, and x_test and y_test where it brings a test part."""
    images: Text | None = None
    """A folder with a folder of images for each class, or with train and test, which have them; see size."""
    openml: Annotated[int, Field(ge=1), WHOLE] | None = None
    """The number of a data set on openml.org, downloaded once and kept in the cache."""
    call: Reference | None = None
    """A function of your own that returns a nas.data.Table; needs --allow-code."""
    target: Text | None = None
    """The column to predict; openml has a default."""
    drop: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    """Columns to leave out."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Between the columns of a csv; guessed from the first line where left out."""
    size: Annotated[ImageSize, BeforeValidator(_both_sides)] | None = None
    """Height and width that images are resized to; one number for both."""
    color: bool = False
    """Whether images have three channels, or one."""
    missing: Literal["error", "drop_rows"] = "error"
    """What becomes of rows without a value in some column."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            came = " and ".join(given) if given else "none"
            raise ValueError(f"exactly one of {', '.join(SOURCES)} must be given, but got {came}")
        if given == ["csv"] and self.target is None:
            raise ValueError("a csv needs target, the name of the column to predict")
        if given == ["images"] and self.size is None:
            raise ValueError("images need size, the height and width that they are resized to")
        for key, allowed in _KEYS_OF_SOURCES.items():
            is_given = getattr(self, key) != type(self).model_fields[key].default
            if is_given and given[0] not in allowed:
                raise at_key(key, f"goes with {' or '.join(allowed)}, not with {given[0]}")
        return self

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of images."""
        assert self.size is not None
        return self.size

    @property
    def source(self) -> Source:
        """Which source is given."""
        return next(name for name in SOURCES if getattr(self, name) is not None)


class ValidationSpec(Section):
    """How the training rows are divided again: into folds, or one part by its share."""

    folds: Annotated[int, Field(ge=2, le=50), WHOLE] | None = None
    """Parts that take turns as the validation part."""
    share: Share | None = None
    """The share of the training rows that one validation part takes."""

    @model_validator(mode="before")
    @classmethod
    def _bare_share(cls, given: object) -> object:
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        return {"share": given} if is_number else given

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.folds is None) == (self.share is None):
            raise ValueError("exactly one of folds and share must be given")
        return self


def _share_or_given(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value == "given" or (is_number and 0 < float(value) < 1):  # type: ignore[arg-type]
        return value
    shown = repr(value) if isinstance(value, str | int | float) else "a mapping or list"
    raise ValueError(f"must be a share above 0 and below 1, or given, not {shown}")


class SplitSpec(Section):
    """The test part and the validation parts.

    test: its share of the rows, or "given" where the source brings one. stratified: None means yes for
    a classification.
    """

    test: Annotated[Share | Literal["given"], BeforeValidator(_share_or_given)] = 0.3
    """The share of the rows that the test part takes, or given where the data brings one."""
    stratified: bool | None = None
    """Whether parts keep the shares of the classes; yes for a classification where left out."""
    validation: ValidationSpec = ValidationSpec(folds=DEFAULT_FOLDS)
    """Folds, or a share of the training rows."""
