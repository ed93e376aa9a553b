"""Notifications on a phone or computer, through the push service of its browser (RFC 8030), encrypted so that only that
browser can read them (RFC 8291), signed with this installation's key (VAPID, RFC 8292).

`subscription` says where a push may go, `vapid` has the key, `sending` is the channel. Doors need the first two only.
"""
