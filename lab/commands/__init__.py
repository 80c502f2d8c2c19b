"""Commands of ``python -m lab``, which reach a running lab through its control interface."""
