"""State of the embedded cloud and its rules, without HTTP."""
