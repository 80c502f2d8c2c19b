"""Labs for tests: started by Python, or by pytest."""
