"""Whether trees gain from comparing features."""

import numpy as np

from nas.train.pairs import comparing_pays


def test_comparing_pays_where_the_larger_feature_decides() -> None:
    codes = np.random.default_rng(0).integers(0, 16, (600, 3)).astype(np.int32)
    assert comparing_pays(codes, (codes[:, 0] <= codes[:, 2]).astype(np.int64), seed=0)


def test_comparing_does_not_pay_where_thresholds_decide() -> None:
    codes = np.random.default_rng(0).integers(0, 16, (600, 3)).astype(np.int32)
    assert not comparing_pays(codes, (codes[:, 1] > 6).astype(np.int64), seed=0)


def test_one_class_or_one_feature_has_nothing_to_compare() -> None:
    codes = np.arange(12, dtype=np.int32)[:, None]
    assert not comparing_pays(codes, np.arange(12) % 2, seed=0)
    assert not comparing_pays(np.hstack([codes, codes]), np.zeros(12, dtype=np.int64), seed=0)


def test_classes_of_two_rows_are_left_out_of_the_folds() -> None:
    codes = np.random.default_rng(0).integers(0, 16, (600, 2)).astype(np.int32)
    labels = (codes[:, 0] <= codes[:, 1]).astype(np.int64)
    labels[:2] = 2
    assert comparing_pays(codes, labels, seed=0)
