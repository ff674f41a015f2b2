"""Price tables of one machine: micro-filters that isolate prices, and how these come out of them."""
