"""What monitoring costs a month."""

from decimal import Decimal

from domain.monitoring.prices import AS_OF, BASIS, REGION, Charge, CostLine, cost_lines, money, price_table, total
from tests.cases import cases
from tests.stacks import ROOT


def test_a_sum() -> None:
    counts = {Charge.KEY: 2, Charge.ALARM_METRIC: 23, Charge.ANALYSED_METRIC: 1_000, Charge.DASHBOARD: 0}
    lines = [str(each) for each in cost_lines(counts)]
    assert lines == [
        "23 metrics that alarms watch $2.30",
        "1,000 repositories whose images an alarm compares $100.00",
        "2 keys $2.00",
    ]
    assert total(counts) == Decimal("104.30")
    assert (str(CostLine(Charge.KEY, 1)), total({})) == ("1 key $1.00", Decimal())


@cases("dollars, text", ("0.1", "$0.10"), ("0.005", "$0.005"), ("1234.5", "$1,234.50"), ("0", "$0.00"))
def test_an_amount(dollars: str, text: str) -> None:
    assert money(Decimal(dollars)) == text


def test_the_page_has_the_prices_and_their_day() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert price_table() in page, f"write in docs/monitoring.md:\n{price_table()}"
    assert f"list prices of {REGION} as of {AS_OF}" in " ".join(page.split())
    assert BASIS.startswith(f"list prices of {REGION} as of {AS_OF}")
