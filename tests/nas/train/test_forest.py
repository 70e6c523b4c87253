"""Rows made up between neighbors, and what a forest answers to them."""

import numpy as np

from nas.train.forest import (
    LEAF_ROWS,
    best_leaf_rows,
    distill_rows,
    mix_neighbors,
    rows_to_learn,
    teachers_of,
)


def two_groups() -> np.ndarray:
    rng = np.random.default_rng(0)
    low, high = rng.integers(0, 4, (30, 3)), rng.integers(12, 16, (30, 3))
    return np.concatenate([low, high]).astype(np.int32)


def test_each_code_of_a_mixed_row_comes_from_near_by() -> None:
    mixed = mix_neighbors(two_groups(), 500, np.random.default_rng(1))
    assert mixed.shape == (500, 3)
    assert mixed.dtype == np.int32
    assert ((mixed < 4).all(axis=1) | (mixed >= 12).all(axis=1)).all()


def test_mixed_rows_are_not_only_the_true_ones() -> None:
    codes = two_groups()
    mixed = mix_neighbors(codes, 500, np.random.default_rng(1))
    known = {tuple(row) for row in codes.tolist()}
    assert any(tuple(row) not in known for row in mixed.tolist())


def test_two_rows_are_enough_to_mix() -> None:
    mixed = mix_neighbors(np.array([[0, 9], [1, 8]], dtype=np.int32), 40, np.random.default_rng(0))
    assert {tuple(row) for row in mixed.tolist()} == {(0, 9), (1, 8), (0, 8), (1, 9)}


def test_true_rows_are_kept_and_made_up_ones_take_the_answers_of_the_forest() -> None:
    codes, labels = two_groups(), np.repeat(np.array([1, 0]), 30)
    rows, answers = distill_rows(codes, labels, seed=0)
    assert (rows[:60] == codes).all()
    assert (answers[:60] == labels).all()
    assert len(rows) == len(answers) == 300
    assert (answers == (rows[:, 0] < 8)).all()


def test_equal_seeds_give_equal_rows() -> None:
    codes, labels = two_groups(), np.repeat(np.array([1, 0]), 30)
    first, second = (distill_rows(codes, labels, seed=5) for _ in range(2))
    assert (first[0] == second[0]).all()
    assert (first[1] == second[1]).all()


def test_rows_are_made_up_for_a_forest_alone() -> None:
    codes, labels = two_groups(), np.repeat(np.array([1, 0]), 30)
    assert len(rows_to_learn(codes, labels, "forest", seed=0)[0]) == 300
    assert len(rows_to_learn(codes, labels, "data", seed=0)[0]) == 60


def test_few_rows_have_a_forest_as_second_teacher_unless_one_is_named() -> None:
    assert teachers_of("auto", 5000) == ("data", "forest")
    assert teachers_of("auto", 5001) == ("data",)
    assert teachers_of("forest", 5001) == ("forest",)
    assert teachers_of(None, 60) == ("data",)


def test_one_row_has_no_neighbor_to_mix_with() -> None:
    assert teachers_of("auto", 1) == ("data",)


def test_noisy_labels_are_taught_by_large_leaves() -> None:
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 16, (400, 3)).astype(np.int32)
    labels = np.where(rng.random(400) < 0.4, rng.integers(0, 2, 400), codes[:, 0] > 7)
    assert best_leaf_rows(codes, labels, seed=0) > LEAF_ROWS[0]


def test_one_class_needs_no_choice_of_a_teacher() -> None:
    assert best_leaf_rows(two_groups(), np.zeros(60, dtype=np.int64), seed=0) == LEAF_ROWS[0]
