"""The command line: parse, call a verb, report. One file a verb."""
