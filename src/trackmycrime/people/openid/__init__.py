"""Signing in by an OpenID provider: a force's own for its staff, GOV.UK One Login for victims.

`provider` speaks with it, `claims` decides (pure), `going` remembers in the session what was asked, `staff` and
`victims` are what the doors call. Who somebody is, is the provider's subject; never an email address.
"""
