"""Values to text: terminal, JSON, JUnit, GitHub, Markdown."""
