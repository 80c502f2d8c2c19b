"""Behaviour of the lab that users choose: variants and faults."""
