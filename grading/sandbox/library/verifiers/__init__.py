"""Checks of what learners did with special inputs."""
