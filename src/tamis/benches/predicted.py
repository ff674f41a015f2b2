"""What the counts of exchanges cost in Envoy, by a price table."""

from tamis import wasm
from tamis.benches import prices
from tamis.model.card import Prediction
from tamis.model.cost import Counted
from tamis.model.prices import Prices

__all__ = ["code_of", "predicted"]


def predicted(cost: Counted, table: Prices, code: int) -> Prediction | None:
    """Of an exchange, on average, with a module whose code is so large; None where there are no
    exchanges, or some are TCP.
    """
    exchanges = [step for step in cost.exchanges if step.kind == "exchange"]
    if not exchanges or len(exchanges) != len(cost.exchanges):
        return None
    return Prediction(table.name, table.made, prices.mean(exchanges, table, code))


def code_of(module: bytes) -> int:
    """Bytes of a module's code section."""
    return sum(each.size for each in wasm.read(module).sections if each.name == "code")
