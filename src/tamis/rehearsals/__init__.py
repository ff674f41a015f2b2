"""An upgrade of a filter while requests are under way: done, watched, and judged."""
