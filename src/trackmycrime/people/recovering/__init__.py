"""Letting somebody in again who has lost everything: a person at the police says who it is, and that is kept."""
