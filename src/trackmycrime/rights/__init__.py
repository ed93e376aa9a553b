"""The Victims' Code as data: by when somebody must be told of what. Pure: no Django, no clock, no tables yet."""
