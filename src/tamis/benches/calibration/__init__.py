"""Price tables of one machine: micro-filters that isolate prices, and what comes out of them."""
