"""An address as much of it as may be shown: enough for who knows it, too little for who does not. Pure."""


def masked(channel: str, address: str) -> str:
    """«r…@example.org», «…123»; for other channels nothing, because their addresses mean nothing to people."""
    if channel == "email":
        name, at, domain = address.partition("@")
        return f"{name[:1]}…@{domain}" if at else "…"
    if channel == "text":
        return f"…{address[-3:]}"
    return ""
