"""The victims' door: pages for people who follow their own case. Rules live in the rooms, not here."""
