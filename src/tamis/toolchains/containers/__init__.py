"""The same builds in containers: an engine, images, and a workshop in one."""
