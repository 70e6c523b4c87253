"""Task metrics from counts, on rows worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from nas.scores import classification_scores, regression_scores

CONFUSION = np.array([[[8, 2, 0], [1, 3, 0], [0, 0, 0]]])


def test_accuracy_is_the_share_of_right_answers() -> None:
    assert classification_scores(CONFUSION)["accuracy"][0] == pytest.approx(11 / 14)


def test_balanced_accuracy_is_the_mean_recall_over_classes_that_occur() -> None:
    assert classification_scores(CONFUSION)["balanced_accuracy"][0] == pytest.approx((0.8 + 0.75) / 2)


def test_macro_f1_leaves_out_a_class_that_neither_occurs_nor_is_predicted() -> None:
    expected = (16 / 19 + 6 / 9) / 2
    assert classification_scores(CONFUSION)["macro_f1"][0] == pytest.approx(expected)


def test_scores_equal_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, answer = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    confusion = np.bincount(truth * 4 + answer, minlength=16).reshape(1, 4, 4)
    scores = classification_scores(confusion)
    assert scores["accuracy"][0] == pytest.approx((truth == answer).mean())
    assert scores["balanced_accuracy"][0] == pytest.approx(balanced_accuracy_score(truth, answer))
    assert scores["macro_f1"][0] == pytest.approx(f1_score(truth, answer, average="macro"))


def test_an_answer_that_is_no_class_counts_as_wrong() -> None:
    scores = classification_scores(np.array([[[5, 0], [0, 3]]]), np.array([[0, 2]]))
    assert scores["accuracy"][0] == pytest.approx(0.8)
    assert scores["balanced_accuracy"][0] == pytest.approx((1 + 0.6) / 2)


def test_r2_is_one_for_no_error_and_zero_for_the_mean() -> None:
    targets = np.array([1.0, 2.0, 6.0])
    spread = ((targets - 3) ** 2).sum()
    assert regression_scores(np.array([0.0, spread]), targets)["r2"].tolist() == [1.0, 0.0]


def test_r2_of_equal_targets_is_one_or_zero() -> None:
    assert regression_scores(np.array([0.0, 4.0]), np.array([2.0, 2.0]))["r2"].tolist() == [1.0, 0.0]
