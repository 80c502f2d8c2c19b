"""Figures of a report as plain arithmetic: times, costs and failures, from the record of a stack."""
