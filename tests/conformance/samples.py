"""The least input that botocore takes for an operation."""


def least(shape):
    """A value of a shape with its required members alone."""
    kind = shape.type_name
    if kind == "structure":
        members = shape.required_members or (list(shape.members)[:1] if getattr(shape, "is_tagged_union", False) else [])
        return {name: least(shape.members[name]) for name in members}
    if kind == "list":
        return [least(shape.member) for _ in range(max(1, shape.metadata.get("min", 1)))]
    if kind == "map":
        return {least(shape.key): least(shape.value)}
    if kind == "string":
        return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 1))
    if kind == "timestamp":
        return 1767571200
    if kind in ("integer", "long"):
        return max(1, shape.metadata.get("min", 1))
    return {"boolean": True, "double": 1.0, "float": 1.0, "blob": b"x"}[kind]
