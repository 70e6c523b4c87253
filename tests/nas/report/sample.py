"""A report such as a short run on the cardiotocography data gives."""

from dataclasses import replace

from codegen.artifact import Proof
from hwmodels.model import CostItem, Source
from nas.report.data import (
    BatteryFacts,
    Convergence,
    DataFacts,
    EmittedFile,
    FrontPoint,
    HardwareCost,
    LimitCheck,
    MetricFact,
    ReportData,
    RunFacts,
    SearchFacts,
    SupplyFacts,
    SynthesizedCircuit,
    WinnerReport,
)

SPEC = """\
version: 1
name: cardio
task: classification
data: {csv: cardio.csv, target: class}
"""


def sample_report() -> ReportData:
    """Two winners, one of which breaks a limit and lacks a proof."""
    front = _front()
    return ReportData(
        run=RunFacts(
            name="cardio",
            folder="runs/cardio",
            task="classification",
            seed=1,
            created="2025-06-01T09:30:00+00:00",
            families=("approximate_mlp",),
            hardware={"egfet": "printed, egfet cells at 0.6 V", "mcu": "mcu, stm32f446re"},
            versions={"silkscreen": "0.1.0", "numpy": "2.4.0"},
            spec_text=SPEC,
        ),
        data=DataFacts(
            origin="cardio.csv",
            n_rows=2126,
            n_features=21,
            n_train=1488,
            n_test=638,
            labels=("normal", "suspect", "pathologic"),
            fingerprint="5f" * 32,
            warnings=("column 'DS' is constant in the training part and has no effect",),
        ),
        search=SearchFacts(
            algorithm="nsga2",
            asked=2_412_000,
            evaluations=2_000_000,
            rejected=412_000,
            seconds=298.4,
            stop_reason="the budget of 2000000 evaluations is spent",
        ),
        metrics=(
            MetricFact("accuracy", "1", "max", objective=True),
            MetricFact("balanced_accuracy", "1", "max"),
            MetricFact("egfet.area_cm2", "cm2", "min", objective=True),
            MetricFact("egfet.power_mw", "mW", "min"),
            MetricFact("mcu.flash_bytes", "bytes", "min"),
        ),
        front=front,
        convergence=_convergence(),
        winners=(_winner("knee", front[14], 0.9154), _failing(_winner("best_accuracy", front[-1], 0.9279))),
    )


def mixed_report() -> ReportData:
    """Of two families, one of them gate-level, with training figures and power by supply."""
    report = sample_report()
    gates = tuple(
        replace(
            point,
            family="gate_netlist-2",
            design=f"netlist of {30 + index} gates",
            gate_level=True,
            metrics={**point.metrics, "fit_accuracy": point.metrics["accuracy"] + 0.02},
        )
        for index, point in enumerate(report.front[:10])
    )
    mlps = tuple(replace(point, family="approximate_mlp-1") for point in report.front[10:])
    knee, best = report.winners
    metrics = {**knee.metrics, "fit_accuracy": 0.9301}
    first = replace(knee, metrics=metrics, circuits=(_circuit(),))
    last = replace(best, gate_level=True, family="gate_netlist-2")
    return replace(
        report, front=gates + mlps, winners=(first, last), front_without_gates=(report.front[3], *mlps)
    )


def _circuit() -> SynthesizedCircuit:
    batteries = (
        BatteryFacts("molex_30mw", 30.0),
        BatteryFacts("blue_spark_3mw", 3.0),
        BatteryFacts("harvester_0p1mw", 0.1),
    )
    names = tuple(battery.name for battery in batteries)
    supplies = (SupplyFacts(0.6, 0.115, 0.121, names[:2]), SupplyFacts(1.0, 3.18, 3.34, names[:1]))
    cells = {"NAND2X1": 120, "INVX1": 12}
    return SynthesizedCircuit("egfet", "egfet", "resub", "ABC 1.01", 2.871, cells, batteries, supplies)


def _front() -> tuple[FrontPoint, ...]:
    points = []
    for index in range(28):
        area = 0.4 * 1.16**index
        points.append(
            FrontPoint(
                id=f"{(index * 7919 + 104729) ** 3 % 16**12:012x}",
                family="approximate_mlp",
                metrics={
                    "accuracy": 0.93 - 0.16 / (1 + 0.9 * index),
                    "balanced_accuracy": 0.85 - 0.3 / (1 + 0.7 * index),
                    "egfet.area_cm2": area,
                    "egfet.power_mw": area * 0.17,
                    "mcu.flash_bytes": 380.0 + 41 * index,
                },
                design=f"21-{2 + index // 7}-3 approximate MLP, {12 + 3 * index} terms",
            )
        )
    return tuple(points)


def _convergence() -> Convergence:
    evaluations = tuple(range(20_000, 2_000_001, 20_000))
    return Convergence(
        evaluations=evaluations,
        seconds=tuple(count / 6700 for count in evaluations),
        best={
            "accuracy": tuple(0.93 - 0.15 / (1 + index / 3) for index in range(len(evaluations))),
            "egfet.area_cm2": tuple(0.4 + 14 / (1 + index) for index in range(len(evaluations))),
        },
        hypervolume=tuple(18.0 - 9 / (1 + index / 4) for index in range(len(evaluations))),
    )


def _winner(role: str, point: FrontPoint, test: float) -> WinnerReport:
    area, power = point.metrics["egfet.area_cm2"], point.metrics["egfet.power_mw"]
    return WinnerReport(
        role=role,
        id=point.id,
        network=point.id + "0" * 52,
        family=point.family,
        design=point.design,
        metrics=point.metrics,
        test={"accuracy": test, "balanced_accuracy": test - 0.08},
        structure={"macs": 54, "parameters": 60, "flops": 112},
        costs=(
            HardwareCost(
                "egfet",
                {"area_cm2": area, "power_mw": power},
                items=tuple(_items("area_cm2", area) + _items("power_mw", power)),
                sources=(Source("area of a full adder", 0.032, "cm2", "EGFET cell facts, table 2"),),
            ),
            HardwareCost("mcu", {"flash_bytes": point.metrics["mcu.flash_bytes"]}),
        ),
        limits=(
            LimitCheck("egfet.power_mw", "max", 3.0, power),
            LimitCheck("mcu.flash_bytes", "max", 8192.0, point.metrics["mcu.flash_bytes"]),
        ),
        confusion=((470, 22, 5), (18, 63, 7), (3, 6, 44)),
        files=(
            EmittedFile(f"exports/{role}/cardio.v", 6312, "Verilog module"),
            EmittedFile(f"exports/{role}/cardio_tb.v", 48211, "testbench"),
            EmittedFile(f"exports/{role}/cardio.c", 5120, "C module"),
        ),
        proofs=(
            Proof("verilog-iverilog", "Icarus Verilog 11.0", "proven", 22126, 0),
            Proof("verilog-netlist", "Yosys 0.23", "proven", 22126, 0),
            Proof("c-host", "gcc 12.2.0", "proven", 22126, 0),
            Proof("c-cortex-m4", "qemu-system-arm 7.2.0", "proven", 2126, 0),
        ),
    )


def _items(metric: str, total: float) -> list[CostItem]:
    shares = {
        "layer 0/neuron 0/adders": 0.31,
        "layer 0/neuron 1/adders": 0.27,
        "layer 0/neuron 1/clip": 0.04,
        "layer 1/neuron 0/adders": 0.12,
        "layer 1/neuron 1/adders": 0.10,
        "layer 1/neuron 2/adders": 0.06,
        "argmax/comparators": 0.10,
    }
    return [CostItem(part, metric, total * share) for part, share in shares.items()]


def _failing(winner: WinnerReport) -> WinnerReport:
    missing = Proof(
        "c-cortex-m4",
        "qemu-system-arm",
        "missing",
        0,
        0,
        detail="install it with: apt install qemu-system-arm",
    )
    return replace(winner, proofs=(*winner.proofs[:3], missing))
