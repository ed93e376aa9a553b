"""Victims of crime follow their own case online."""
