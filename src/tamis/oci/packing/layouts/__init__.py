"""How a module is arranged for its consumers, one file a layout: `arrange(parts)`."""
