"""The policy pack: requirements on a stack before it is created. Rules are pure functions of resolved inputs."""
