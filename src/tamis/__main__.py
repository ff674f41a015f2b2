"""`python -m tamis`: the command, of the interpreter that is named."""

from tamis.cli.main import run

run()
