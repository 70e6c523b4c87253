"""The report on a terminal, word for word."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from nas.report.data import ReportData
from nas.report.terminal import print_report
from tests.nas.report.sample import mixed_report, sample_report


def printed(report: ReportData) -> list[str]:
    console = Console(file=StringIO(), width=120)
    print_report(report, console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_answer_comes_first() -> None:
    report = sample_report()
    one = replace(report, winners=report.winners[:1], front=report.front[::10])
    id = report.winners[0].id
    assert printed(one) == [
        "cardio",
        "cardio.csv: 2,126 rows, 21 features, 3 classes",
        "nsga2: 2,000,000 evaluations in 4 min 58 s, 412,000 more rejected by their price",
        "the budget of 2000000 evaluations is spent",
        "",
        f"knee  {id}  21-4-3 approximate MLP, 54 terms",
        "  fits: keeps both limits",
        "  proven bit for bit: verilog-iverilog, verilog-netlist, c-host and c-cortex-m4, 68,504 vectors",
        "  metric             validation    test    limit",
        "  accuracy               0.9182  0.9154",
        "  balanced_accuracy      0.8222  0.8354",
        "  egfet.area_cm2          3.195",
        "  egfet.power_mw         0.5432              ≤ 3",
        "  mcu.flash_bytes           954          ≤ 8,192",
        "",
        "  egfet.area_cm2 of  adders    clip  argmax   total",
        "  layer 0, neuron 0  0.9905                  0.9905",
        "  layer 0, neuron 1  0.8627  0.1278          0.9905",
        "  layer 1, neuron 0  0.3834                  0.3834",
        "  layer 1, neuron 1  0.3195                  0.3195",
        "  layer 1, neuron 2  0.1917                  0.1917",
        "  comparators                        0.3195  0.3195",
        "  exports/knee/cardio.v  6.2 KiB  Verilog module",
        "  exports/knee/cardio_tb.v  47.1 KiB  testbench",
        "  exports/knee/cardio.c  5.0 KiB  C module",
        "",
        "Pareto front: 3 designs",
        "  id            accuracy  egfet.area_cm2  design",
        f"  {one.front[0].id}    0.7700          0.4000  21-2-3 approximate MLP, 12 terms",
        f"  {one.front[1].id}    0.9140           1.765  21-3-3 approximate MLP, 42 terms",
        f"  {one.front[2].id}    0.9216           7.784  21-4-3 approximate MLP, 72 terms",
        "note: column 'DS' is constant in the training part and has no effect",
    ]


def test_a_missing_proof_says_how_to_get_its_tool() -> None:
    assert "  c-cortex-m4: install it with: apt install qemu-system-arm" in printed(sample_report())


def test_families_and_their_stretches_of_the_front_are_listed() -> None:
    lines = printed(mixed_report())
    start = lines.index("Families on the front")
    assert lines[start + 1 : start + 4] == [
        "  family             designs  share  best accuracy  holds the front at egfet.area_cm2",
        "  gate_netlist-2          10    36%         0.9124  0.4000 to 1.521",
        "  approximate_mlp-1       18    64%         0.9237  1.765 to 22.00",
    ]


def test_the_front_is_shown_with_and_without_gate_level_designs() -> None:
    lines = printed(mixed_report())
    with_gates = lines.index("Pareto front: 28 designs, every 3rd shown (--json has all)")
    without = lines.index("Without gate-level search: 19 designs, every 2nd shown (--json has all)")
    assert "netlist of 30 gates (gate level)" in lines[with_gates + 2]
    assert not any("gate level" in line for line in lines[without + 1 :])
    assert lines[with_gates + 1].split()[1:5] == ["training", "accuracy", "validation", "accuracy"]


def test_training_validation_and_test_figures_stand_apart() -> None:
    lines = printed(mixed_report())
    assert "  metric             training  validation    test    limit" in lines
    assert "  accuracy             0.9301      0.9182  0.9154" in lines


def test_power_is_told_by_supply_with_the_batteries_that_suffice() -> None:
    lines = printed(mixed_report())
    start = lines.index("  synthesized for egfet: 2.871 cm², 132 cells of egfet; the power that it takes:")
    assert lines[start + 1 : start + 4] == [
        "  supply    leakage  with switching  molex_30mw  blue_spark_3mw  harvester_0p1mw",
        "  0.6 V   0.1150 mW       0.1210 mW         yes             yes               no",
        "  1 V      3.180 mW        3.340 mW         yes              no               no",
    ]


def test_a_long_front_is_thinned_and_says_so() -> None:
    assert "Pareto front: 28 designs, every 3rd shown (--json has all)" in printed(sample_report())


def test_a_run_without_winners_says_so() -> None:
    assert "No design was chosen." in printed(replace(sample_report(), winners=(), front=()))


def test_names_are_not_taken_for_markup() -> None:
    report = sample_report()
    odd = replace(report.front[0], design="[red]x[/red] [link=y]")
    assert any("[red]x[/red] [link=y]" in line for line in printed(replace(report, front=(odd,))))
