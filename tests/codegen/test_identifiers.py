"""Any text becomes a safe and unique identifier."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.identifiers import MAX_LENGTH, Language, safe_identifier, unique_identifiers

languages = st.sampled_from(get_args(Language))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mean radius", "mean_radius"),
        ("größe (µm)", "groe_m"),
        ("pH", "pH"),
        ("1st", "x1st"),
        ("__init__", "init"),
        ("a//b\n`include", "a_b_include"),
        ("", "x"),
        ("温度", "x"),
        ("a" * 1000, "a" * MAX_LENGTH),
    ],
)
def test_text_becomes_a_readable_identifier(text, expected):
    assert safe_identifier(text, "verilog") == expected


@pytest.mark.parametrize("word", ["module", "wire", "logic", "endmodule", "priority", "class"])
def test_verilog_and_systemverilog_words_get_an_underscore(word):
    assert safe_identifier(word, "verilog") == word + "_"


@pytest.mark.parametrize("word", ["int", "restrict", "class", "and", "main", "uint8_t"])
def test_c_and_cpp_words_get_an_underscore(word):
    assert safe_identifier(word, "c") == word + "_"


def test_a_word_of_one_language_is_free_in_the_other():
    assert safe_identifier("wire", "c") == "wire"
    assert safe_identifier("double", "verilog") == "double"


def test_collisions_are_numbered_in_order():
    assert unique_identifiers(["a b", "a-b", "a_b_2", "a b"], "c") == ("a_b", "a_b_2", "a_b_2_2", "a_b_3")


def test_long_names_that_differ_late_stay_different():
    first, second = unique_identifiers(["a" * 60 + "1", "a" * 60 + "2"], "c")
    assert first != second
    assert len(second) <= MAX_LENGTH


@given(st.lists(st.text(max_size=80), max_size=12), languages)
def test_every_list_of_texts_gives_unique_safe_identifiers(texts, language):
    names = unique_identifiers(texts, language)
    assert len(set(names)) == len(texts)
    for name in names:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*_?", name)
        assert len(name) <= MAX_LENGTH
        assert safe_identifier(name, language) in {name, name.rstrip("_"), name + "_"}
