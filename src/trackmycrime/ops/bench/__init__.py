"""``trackmycrime bench``: how fast it is, each figure beside a yardstick measured in the same run.

``installation`` runs the real thing in a folder that is thrown away; ``feed``, ``alerts`` and ``pages`` measure it
from outside; ``inside`` does, in processes with a role's own settings, what can only be done there.
"""
