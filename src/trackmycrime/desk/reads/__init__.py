"""What the desk's pages read. It joins rows of many rooms for one page, changes nothing, and asks few questions.

Row security binds every statement to the force of whoever is signed in; ids of another force find nothing.
"""
