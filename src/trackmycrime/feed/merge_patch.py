"""JSON merge patch (RFC 7396). Pure."""


def merged(target: object, patch: object) -> object:
    """`target` with `patch` applied: members are replaced, those whose patch is null go; neither is changed itself."""
    if not isinstance(patch, dict):
        return patch
    whole = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            whole.pop(name, None)
        else:
            whole[name] = merged(whole.get(name), value)
    return whole
