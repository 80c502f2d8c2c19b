"""The state of the embedded cloud and its rules; knows nothing of HTTP."""
