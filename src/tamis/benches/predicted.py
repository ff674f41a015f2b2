"""What the counts of exchanges cost in Envoy, by a price table."""

from tamis.benches import prices
from tamis.model.card import Prediction
from tamis.model.cost import Counted
from tamis.model.prices import Prices

__all__ = ["predicted"]


def predicted(cost: Counted, table: Prices) -> Prediction | None:
    """Of an exchange, on average; None where there are none, or some are TCP."""
    exchanges = [step for step in cost.exchanges if step.kind == "exchange"]
    if not exchanges or len(exchanges) != len(cost.exchanges):
        return None
    return Prediction(table.name, table.made, prices.mean(exchanges, table))
