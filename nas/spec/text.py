"""A spec back as YAML."""

import io

from pydantic import JsonValue
from ruamel.yaml import YAML

from nas.spec.model import Spec

_WIDE = 4096


def spec_text(spec: Spec) -> str:
    """The spec as YAML with every default filled in; reads back as an equal spec, given the same base.

    Keys without a value are left out; limits are in the units of their metrics.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.width = _WIDE
    out = io.StringIO()
    yaml.dump(_without_none(spec.model_dump(mode="json")), out)
    return out.getvalue()


def _without_none(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_none(below) for key, below in value.items() if below is not None}
    return value
