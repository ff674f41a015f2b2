"""What a filter costs: counts, prices, advice, budgets, and older cards to compare with."""
