"""Benchmark: its report, its SQL for pgbench, and the share of other programs."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from benchmarks import cost, report, stock_cells
from benchmarks.hand import PLACING
from benchmarks.machine import Usage
from benchmarks.shop import for_pgbench
from benchmarks.subjects import Sample

TITLES = {"place": "place an order", "place.hand": "hand path"}


def sample(*, operations: int, cpu: float, others: float = 0.0) -> Sample:
    return Sample(operations=operations, usage=Usage(seconds=2, cpu={"program": cpu}, others=others))


def text(*, others: float) -> str:
    samples = {
        "place": [sample(operations=100, cpu=0.4, others=others)] * 3,
        "place.hand": [sample(operations=400, cpu=0.4, others=others)] * 3,
    }
    return report.markdown(TITLES, samples, {}, versions="", command="", rounds=3)


def test_ratio_compares_with_the_limit() -> None:
    assert "| place an order of 3 products : hand path | 0.25 | 0.25 |" in text(others=0.1)


def test_busy_round_counts_for_cpu_time_only() -> None:
    shown = text(others=0.2)

    assert "| place an order |  | 4,000 | 4,000 |" in shown
    assert "| place an order of 3 products : hand path | 0.25 |  |" in shown
    assert "In 6 of 6 measurements" in shown


def test_report_replaces_its_part_of_the_document(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(f"before\n{report.BEGIN}old\n{report.END}after\n")

    report.write("new", document)

    assert document.read_text() == f"before\n{report.BEGIN}\nnew\n{report.END}after\n"


def test_chart_has_a_bar_for_each_operation() -> None:
    chart = report.chart(TITLES, {key: [sample(operations=1, cpu=1)] for key in TITLES})

    assert chart.count("<rect") == 1 + len(TITLES)


@pytest.mark.parametrize("wrong", ["%(", "--\n"])
def test_statement_for_pgbench_has_no_parameter(wrong: str) -> None:
    assert wrong not in for_pgbench(PLACING)


@pytest.mark.parametrize("command", [cost.main, stock_cells.main], ids=["cost", "stock_cells"])
def test_commands_of_the_page_about_scale_exist(command: click.Command) -> None:
    page = " ".join((Path(__file__).parents[2] / "docs" / "scale.md").read_text().split())

    assert CliRunner().invoke(command, ["--help"]).exit_code == 0
    assert f"python -m {command.callback.__module__}`" in page
