"""Convolutional networks as decisions: resolution, depth, width, each stage, and what runs in patches."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from codegen.ir import Design, Multiply, PatchSchedule, Schedule
from searchspaces.axes import Axis, AxisTable, IntAxis, ListAxis, steps
from searchspaces.convnet.architecture import Architecture, ImageShape
from searchspaces.convnet.graph import BlockGraph, build_graph
from searchspaces.convnet.options import FAMILY, ConvnetOptions
from searchspaces.convnet.scaling import Scale, StageChoice, scale_preset, scaled_shape, stem_may_keep_size
from searchspaces.parse import IntRange
from searchspaces.space import AxisValue, Domain, Rows, SpaceError

DEPTH_STEP, WIDTH_STEP, STAGE_WIDTH_STEP = 0.1, 0.05, 0.25
PRESET = "preset"
"""Value of a decision that the preset has taken already."""

Values = Mapping[str, AxisValue]


class ConvnetAxes:
    """An axis space: rows are the decisions that have more than one possible value.

    Decisions of the network: resolution, depth, width, stages, stem_stride, head; of stage i: kernel{i},
    expansion{i}, squeeze{i}, depth{i}, width{i}; of the schedule: patches, patch_blocks. Every row is a
    network that can be built, planned and run.
    """

    def __init__(self, options: ConvnetOptions, input_shape: ImageShape, n_outputs: int) -> None:
        """input_shape: of the data, (height, width, channels). n_outputs: classes, or 1 for a regression.

        Raises SpaceError where a signal in one dimension is to be resized.
        """
        if options.resolution and min(input_shape[:2]) == 1:
            raise SpaceError(f"{FAMILY}: resolution: goes with images, not with inputs of {input_shape}")
        self._options = options
        self._input_shape = input_shape
        self._n_outputs = n_outputs
        self._table = AxisTable(_axes(options, input_shape))

    @property
    def family(self) -> str:
        return FAMILY

    @property
    def options(self) -> ConvnetOptions:
        return self._options

    @property
    def domain(self) -> Domain:
        return self._table.domain

    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        """(n_rows, n_variables), uniform."""
        return self._table.sample(rng, n_rows)

    def values(self, row: Rows) -> dict[str, AxisValue]:
        """All decisions of a row; those without effect take the lowest value. Raises SpaceError outside.

        A stage of patches that the network can't have is cut down to the largest that it can.
        """
        values = self._table.values(row)
        for axis in self._table.axes:
            if not self._matters(axis.name, values):
                values[axis.name] = axis.read(axis.lower)
        patches, blocks = self._possible_patches(values)
        if patches == 1:
            return values | {"patches": self._first("patches"), "patch_blocks": self._first("patch_blocks")}
        return values | {"patch_blocks": blocks}

    def row(self, values: Values) -> Rows:
        """The inverse of `values`. Raises SpaceError, naming the decision."""
        return self._table.row(values)

    def architecture(self, row: Rows) -> Architecture:
        """The network of a row, as an engineer would write it down."""
        return self._architecture(self.values(row))

    def structure(self, row: Rows) -> Design:
        """The graph and the schedule of a row. Training changes neither."""
        values = self.values(row)
        built, shape = self._build(values), self._shape(values)
        patches, blocks = self._possible_patches(values)
        if patches == 1:
            return Design(built.graph)
        rows, columns = (patches if size > 1 else 1 for size in shape[:2])
        return Design(built.graph, Schedule(patches=PatchSchedule(built.ends[blocks - 1], rows, columns)))

    def _matters(self, name: str, values: Values) -> bool:
        if name == "stem_stride":
            return stem_may_keep_size(self._options.preset, int(values["stages"]), self._shape(values))
        stage = name.lstrip("abcdefghijklmnopqrstuvwxyz_")
        return not stage or int(stage) < int(values["stages"])

    def _first(self, name: str) -> AxisValue:
        axis = next(axis for axis in self._table.axes if axis.name == name)
        return axis.read(axis.lower)

    def _shape(self, values: Values) -> ImageShape:
        height = values["resolution"]
        return self._input_shape if height == PRESET else scaled_shape(self._input_shape, int(height))

    def _architecture(self, values: Values) -> Architecture:
        stages = tuple(_stage_choice(values, index) for index in range(int(values["stages"])))
        scale = Scale(
            depth=float(values["depth"]),
            width=float(values["width"]),
            stages=stages,
            stem_stride=_chosen(values["stem_stride"]),
            head=_chosen(values["head"]),
            round_to=self._options.round_to,
        )
        return scale_preset(self._options.preset, scale, self._shape(values), self._n_outputs)

    def _build(self, values: Values) -> BlockGraph:
        return _cached_graph(self._architecture(values))

    def _possible_patches(self, values: Values) -> tuple[int, int]:
        """(patches along a side, blocks in the stage): as many blocks as possible; 1 patch where none is.

        Squeeze-and-excite looks at the whole image, so the stage ends before it. Each patch needs a row and
        a column of the stage's output.
        """
        patches = int(values["patches"])
        if patches == 1:
            return 1, 1
        built, wanted = self._build(values), int(values["patch_blocks"])
        graph = built.graph
        gates = [index for index, one in enumerate(graph.operators) if isinstance(one, Multiply)]
        limit = gates[0] if gates else len(graph.operators)
        lowest = self._options.patch_blocks.lower
        for blocks in range(min(wanted, len(built.ends)), lowest - 1, -1):
            end = built.ends[blocks - 1]
            height, width, _ = graph.tensors[graph.operators[end - 1].output].shape
            fits = all(size >= patches for size in (height, width) if size > 1)
            if end <= limit and fits and max(height, width) > 1:
                return patches, blocks
        return 1, 1


@lru_cache(maxsize=256)
def _cached_graph(architecture: Architecture) -> BlockGraph:
    return build_graph(architecture)


def _stage_choice(values: Values, index: int) -> StageChoice:
    squeeze = values[f"squeeze{index}"]
    return StageChoice(
        kernel=_chosen(values[f"kernel{index}"]),
        expansion=_chosen(values[f"expansion{index}"]),
        squeeze=None if squeeze == PRESET else bool(squeeze),
        repeats_added=int(values[f"depth{index}"]),
        width=float(values[f"width{index}"]),
    )


def _chosen(value: AxisValue) -> int | None:
    return None if value == PRESET else int(value)


def _axes(options: ConvnetOptions, input_shape: ImageShape) -> tuple[Axis, ...]:
    depth, width = options.depth, options.width
    n_stages = options.n_stages
    found: list[Axis] = [
        ListAxis("resolution", options.resolution or (PRESET,)),
        ListAxis("depth", steps(depth.lower, depth.upper, DEPTH_STEP)),
        ListAxis("width", steps(width.lower, width.upper, WIDTH_STEP)),
        IntAxis("stages", n_stages.lower, n_stages.upper),
        ListAxis("stem_stride", options.stem_stride or (PRESET,)),
        ListAxis("head", options.head or (PRESET,)),
    ]
    for index in range(n_stages.upper):
        found += _stage_axes(index, options)
    found.append(ListAxis("patches", options.patches))
    found.append(_patch_blocks(options))
    return tuple(found)


def _patch_blocks(options: ConvnetOptions) -> IntAxis:
    blocks = options.patch_blocks if max(options.patches) > 1 else IntRange(1, 1)
    return IntAxis("patch_blocks", blocks.lower, blocks.upper)


def _stage_axes(index: int, options: ConvnetOptions) -> list[Axis]:
    stage = options.preset.stages[index]
    inverted = stage.kind == "inverted" and stage.expansion > 1
    width = options.stage_width
    return [
        ListAxis(f"kernel{index}", options.kernel or (PRESET,)),
        ListAxis(f"expansion{index}", (options.expansion if inverted else ()) or (PRESET,)),
        ListAxis(f"squeeze{index}", options.squeeze or (PRESET,)),
        IntAxis(f"depth{index}", options.stage_depth.lower, options.stage_depth.upper),
        ListAxis(f"width{index}", steps(width.lower, width.upper, STAGE_WIDTH_STEP)),
    ]
