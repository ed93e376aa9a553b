"""The officers' door: what is due, what a victim sees, writing to them, and closing a case when it is not safe."""
