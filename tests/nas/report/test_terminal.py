"""The report on a terminal, word for word."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from nas.report.data import ReportData
from nas.report.terminal import print_report
from tests.nas.report.sample import sample_report


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


def test_a_long_front_is_thinned_and_says_so() -> None:
    assert "Pareto front: 28 designs, every 3rd shown (--json has all)" in printed(sample_report())


def test_a_run_without_winners_says_so() -> None:
    assert "No design was chosen." in printed(replace(sample_report(), winners=(), front=()))


def test_names_are_not_taken_for_markup() -> None:
    report = sample_report()
    odd = replace(report.front[0], design="[red]x[/red] [link=y]")
    assert any("[red]x[/red] [link=y]" in line for line in printed(replace(report, front=(odd,))))
