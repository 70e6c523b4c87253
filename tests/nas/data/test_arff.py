"""ARFF text."""

import pytest

from nas.data import DataError
from nas.data.arff import read_arff

TEXT = """\
% a comment
@relation 'a trial'
@attribute age numeric
@attribute 'dose, mg' REAL
@ATTRIBUTE "say \\"no\\"" {a, 'b c'}
@data
1, 2.5, a

% another comment
?,-1e3,'b c'
"""


def test_names_and_rows_are_read_without_their_quotes() -> None:
    rows = read_arff(TEXT, "t")
    assert rows.names == ("age", "dose, mg", 'say "no"')
    assert rows.rows == [["1", "2.5", "a"], ["?", "-1e3", "b c"]]
    assert rows.lines == [7, 10]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("@relation x", "t: not an ARFF file: there is no line @data"),
        ("@attribute a\n@data\n", "t:1: not an ARFF attribute: '@attribute a'"),
        ("@attribute a real\n@data\n1,2\n", "t:3: 1 attributes are declared, but this row has 2"),
        ("@attribute a real\n@data\n{0 1}\n", "t:3: sparse ARFF rows are not read"),
    ],
)
def test_damage_is_named_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        read_arff(text, "t")
    assert str(caught.value) == problem
