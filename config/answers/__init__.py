"""Answers for installers: files of users, and ready-made profiles with a few values."""
