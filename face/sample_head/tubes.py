"""Closed tubes: brows, lashes, teeth and the tongue are made of rings like these."""


def tube(along: int, around: int) -> list[tuple[int, ...]]:
    """Polygons of a closed tube whose rings of ``around`` vertices run clockwise seen from its far end."""
    polygons: list[tuple[int, ...]] = [
        (r * around + k, r * around + (k + 1) % around, (r + 1) * around + (k + 1) % around, (r + 1) * around + k)
        for r in range(along - 1)
        for k in range(around)
    ]
    polygons.append(tuple(range(around - 1, -1, -1)))
    polygons.append(tuple(range((along - 1) * around, along * around)))
    return polygons
