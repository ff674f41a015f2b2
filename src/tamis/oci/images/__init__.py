"""A program out of a container image, without any container engine."""
