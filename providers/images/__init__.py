"""Images of builds: the specification by which they are found again, their copies, and their exports."""
