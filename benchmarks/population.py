"""How fast a population is evaluated, beside the machine's own multiply-accumulate peak and numpy.

The work: 200 multilayer perceptrons 16-5-10 over 7,694 samples of 4-bit codes, the size of the pendigits
training part. One power-of-two term an input, shifts 0 to 6, masks drawn evenly from the nonzero ones
(4 bits, and 8 bits behind the hidden layer), 8-bit activations, exact argmax, confusion matrices. Every
(term, sample) pair of the dense network counts as one MAC: 130 a sample. Time is the thread's processor
time; peak and population alternate, and figures are medians over the rounds.
"""

import ctypes
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from harness import Arguments, Bar, arguments, load_results, report_bars, save_results

from codegen.ir import BatchLayer, MlpBatch
from codegen.ir.batch import PackedSamples, confusion_batch, pack_samples

N_NETWORKS, N_SAMPLES, WIDTHS = 200, 7694, (16, 5, 10)
MACS = N_SAMPLES * (WIDTHS[0] * WIDTHS[1] + WIDTHS[1] * WIDTHS[2])
SHARE_BAR, RATIO_BAR = 0.15, 100.0
PEAK_REPETITIONS, PEAK_MACS = 300_000, 8192
CODE = (
    "codegen/ir/batch.py",
    "codegen/ir/kernels.py",
    "codegen/ir/lowering.py",
    "codegen/ir/members.py",
    "codegen/ir/population.py",
    "benchmarks/population.py",
    "benchmarks/peak.c",
)


def random_layer(
    rng: np.random.Generator, shape: tuple[int, ...], mask_hi: int, *, hidden: bool
) -> BatchLayer:
    """shape: (n_networks, n_neurons, n_inputs, 1)."""
    n_networks = shape[0]
    return BatchLayer(
        rng.integers(1, mask_hi + 1, shape, dtype=np.int32),
        (rng.choice((-1, 1), shape) << rng.integers(0, 7, shape)).astype(np.int32),
        rng.integers(-512, 512, shape[:2], dtype=np.int32),
        rng.integers(0, 5, n_networks, dtype=np.int32) if hidden else None,
        np.full(n_networks, 255, dtype=np.int32) if hidden else None,
    )


def random_population(rng: np.random.Generator) -> MlpBatch:
    """The population that the module describes."""
    n_in, n_hidden, n_out = WIDTHS
    first = random_layer(rng, (N_NETWORKS, n_hidden, n_in, 1), 15, hidden=True)
    last = random_layer(rng, (N_NETWORKS, n_out, n_hidden, 1), 255, hidden=False)
    return MlpBatch((first, last), np.full(n_in, 15, dtype=np.int32))


def numpy_confusion(
    batch: MlpBatch, index: int, codes: npt.NDArray[np.int32], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The confusion matrix of one network, as one writes it with numpy."""
    hidden, last = batch.layers
    assert hidden.clip_shift is not None
    sums = ((codes[:, None, :] & hidden.masks[index, :, :, 0]) * hidden.weights[index, :, :, 0]).sum(axis=2)
    active = np.minimum(np.maximum(sums + hidden.biases[index], 0) >> hidden.clip_shift[index], 255)
    sums = ((active[:, None, :] & last.masks[index, :, :, 0]) * last.weights[index, :, :, 0]).sum(axis=2)
    winners = (sums + last.biases[index]).argmax(axis=1)
    n_classes = WIDTHS[-1]
    return np.bincount(labels * n_classes + winners, minlength=n_classes**2).reshape(n_classes, n_classes)


def build_peak(folder: Path) -> Callable[[], object]:
    """Compiles the C loop for this machine; gives a call that runs it once."""
    compiler = shutil.which("gcc")
    if compiler is None:
        raise SystemExit("gcc is needed to measure the machine's peak; apt install gcc")
    library = folder / "peak.so"
    source = Path(__file__).parent / "peak.c"
    subprocess.run(
        [compiler, "-O3", "-march=native", "-shared", "-fPIC", str(source), "-o", str(library)], check=True
    )
    function = ctypes.CDLL(str(library)).peak
    function.argtypes = (ctypes.c_int16, ctypes.c_int16, ctypes.c_long)
    return lambda: function(11, -8, PEAK_REPETITIONS)


def seconds(work: Callable[[], object], repetitions: int = 1) -> float:
    """Processor time of one repetition."""
    start = time.thread_time()
    for _ in range(repetitions):
        work()
    return (time.thread_time() - start) / repetitions


def measure(rounds: int) -> dict[str, float]:
    """Medians over the rounds. Rates are MACs and networks a second."""
    rng = np.random.default_rng(1)
    batch = random_population(rng)
    codes = rng.integers(0, 16, (N_SAMPLES, WIDTHS[0]), dtype=np.int32)
    labels = rng.integers(0, WIDTHS[-1], N_SAMPLES)
    samples = pack_samples(codes)
    check_equal(batch, samples, codes, labels)
    peaks, ours, loops = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        peak = build_peak(Path(folder))
        for _ in range(rounds):
            peaks.append(PEAK_REPETITIONS * PEAK_MACS / seconds(peak))
            ours.append(N_NETWORKS / seconds(lambda: confusion_batch(batch, samples, labels, WIDTHS[-1]), 5))
            loops.append(
                10 / seconds(lambda: [numpy_confusion(batch, one, codes, labels) for one in range(10)])
            )
    shares = np.array(ours) * MACS / np.array(peaks)
    return {
        "peak_macs_per_s": float(np.median(peaks)),
        "networks_per_s": float(np.median(ours)),
        "share_of_peak": float(np.median(shares)),
        "numpy_networks_per_s": float(np.median(loops)),
        "times_numpy": float(np.median(np.array(ours) / np.array(loops))),
    }


def check_equal(
    batch: MlpBatch, samples: PackedSamples, codes: npt.NDArray[np.int32], labels: npt.NDArray[np.int64]
) -> None:
    """Compares the two ways; also compiles what is measured."""
    counts = confusion_batch(batch, samples, labels, WIDTHS[-1])
    for index in range(5):
        if not np.array_equal(counts[index], numpy_confusion(batch, index, codes, labels)):
            raise SystemExit(f"network {index}: the population and the numpy loop differ")


def main(given: Arguments) -> int:
    """Prints the figures and gives the exit code."""
    figures = measure(5 if given.quick else 31)
    print(f"peak, masked int16 MACs          {figures['peak_macs_per_s'] / 1e9:10.1f} G/s")
    print(f"ours                             {figures['networks_per_s'] * MACS / 1e9:10.1f} G/s")
    print(f"ours                             {figures['networks_per_s']:10.0f} networks/s")
    print(f"numpy, network after network     {figures['numpy_networks_per_s']:10.0f} networks/s")
    if given.quick:
        kept = load_results("population", CODE)
        print(f"kept: share of the peak {kept['share_of_peak']:.3f}, {kept['times_numpy']:.0f} times numpy")
    else:
        print(f"kept in {save_results('population', figures, CODE)}")
    bars = (
        Bar("share of the peak", figures["share_of_peak"], SHARE_BAR, ""),
        Bar("times a numpy loop", figures["times_numpy"], RATIO_BAR, ""),
    )
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main(arguments("Evaluations of a population a second, beside the machine's peak and numpy.")))
