"""The options of convnet as a spec writes them, and docs/convnets.md."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from searchspaces.convnet import PRESETS, ConvnetOptions, Stage, parse_options
from searchspaces.convnet.options import PARSERS
from searchspaces.parse import IntRange, RealRange
from searchspaces.space import SpaceError

PAGE = (Path(__file__).parents[3] / "docs" / "convnets.md").read_text(encoding="utf-8")
YAMLS = re.findall(r"```yaml\n(space:.*?)```", PAGE, re.DOTALL)


def page_options(index: int) -> dict[str, object]:
    options: dict[str, object] = YAML(typ="safe").load(YAMLS[index])["space"][0]["convnet"]
    return options


def test_nothing_named_is_the_preset_as_it_is() -> None:
    assert parse_options({}) == ConvnetOptions(PRESETS["mobilenetv2"])
    assert parse_options({"preset": "ds_cnn"}).n_stages == IntRange(1, 1)


def test_the_page_shows_every_option_but_those_of_own_layouts() -> None:
    assert [*page_options(0)] == [name for name in PARSERS if name not in ("stem", "layout")]
    options = parse_options(page_options(0))
    assert (options.resolution, options.width) == ((14, 20, 28), RealRange(0.25, 1.0))
    assert (options.expansion, options.squeeze) == ((2, 3, 4, 5, 6), (False,))


def test_the_page_shows_a_layout_of_its_own() -> None:
    preset = parse_options(page_options(1)).preset
    assert preset.stem.channels == 8
    assert preset.stages == (
        Stage("residual", 16, 2, kernel=5, stride=2),
        Stage("inverted", 24, 1, stride=2, expansion=4, squeeze=True),
    )


def test_the_example_of_the_page_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert "\nassert " in example
    exec(compile(example, "docs/convnets.md", "exec"), {})  # noqa: S102  the page is ours


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"preset": "mobilenet"},
            "convnet: preset: must be mobilenetv2, efficientnet_b0, ds_cnn or conv1d, not",
        ),
        ({"widht": 1}, "convnet: unknown key 'widht'; did you mean 'width'?"),
        ({"kernel": [3, 4]}, "convnet: kernel: must be some of 3, 5, 7, not"),
        ({"resolution": []}, "convnet: resolution: must hold at least one number, not"),
        ({"squeeze": "yes"}, "convnet: squeeze: must be true or false, not 'yes'"),
        ({"stages": "3..9"}, "convnet: stages: there are 7 to keep, not 3..9"),
        ({"layout": [{"block": "inverted"}]}, "convnet: layout: stage 0: channels are needed"),
        ({"layout": [{"chanels": 3}]}, "stage 0: unknown key 'chanels'; did you mean 'channels'?"),
        ({"layout": [{"channels": 8, "kernel": 4}]}, "stage 0: kernel: must be 3, 5 or 7, not 4"),
        ({"layout": 3}, "convnet: layout: must be a list of 1 to 12 stages, not 3"),
        ({"width": "0..1"}, "convnet: width: must lie in 0.05..4, not '0..1'"),
    ],
)
def test_wrong_options_say_what_must_hold(options: dict[str, object], text: str) -> None:
    with pytest.raises(SpaceError, match=re.escape(text)):
        parse_options(options)
