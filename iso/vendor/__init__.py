"""Answers for an unattended installation, written into the ISO file of a vendor."""
