"""`orders products ledger` and `orders products history`."""

import json
from pathlib import Path

from tests.support.command import orders


def test_ledger_and_history_are_json_lines(tmp_path: Path) -> None:
    (tmp_path / "tea.csv").write_text("sku,name,price,stock_quantity\nTEA,Tea,2.5,5\n")
    orders("migrate", here=tmp_path)
    orders("products", "import", "tea.csv", here=tmp_path)
    orders("products", "restock", "1", "4", here=tmp_path)

    ledger = orders("products", "ledger", "1", "--limit", "1", here=tmp_path)
    history = orders("products", "history", "1", here=tmp_path)

    (movement,) = map(json.loads, ledger.stdout.splitlines())
    assert [movement[name] for name in ("kind", "quantity", "stock_after", "order")] == ["restocked", 4, 9, None]
    changes = [json.loads(line) for line in history.stdout.splitlines()]
    assert [(change["event"], change["changes"]["stock"]) for change in changes] == [
        ("restocked", {"from": 5, "to": 9}),
        ("added", {"from": None, "to": 5}),
    ]
    assert orders("products", "ledger", "999", here=tmp_path).returncode == 1
