"""What hangs together on a mesh, and the shortest ways along its edges."""

import heapq

import numpy as np

from .face_mesh import FaceMesh


def loose_parts(triangles: np.ndarray, count: int) -> np.ndarray:
    """(count,) for each vertex the lowest number of a vertex that it hangs together with.

    Args:
        triangles: (T, 3) vertex numbers.
        count: of the vertices.
    """
    part = np.arange(count)
    first, second = (np.concatenate([triangles[:, k], triangles[:, k - 1]]) for k in (0, 1))
    while True:
        before = part
        part = part.copy()
        lower = np.minimum(part[first], part[second])
        np.minimum.at(part, part[first], lower)
        np.minimum.at(part, part[second], lower)
        part = part[part]
        if np.array_equal(part, before):
            return part


def shortest_path(face: FaceMesh, start: int, end: int, reach: float = np.inf) -> np.ndarray | None:
    """The vertices of the shortest way along edges, both ends included; None if it is longer than ``reach``.

    Dijkstra's algorithm (1959).
    """
    first, neighbours, lengths = face.neighbours
    travelled, came_from, done = {start: 0.0}, {start: start}, set()
    waiting = [(0.0, int(start))]
    while waiting:
        so_far, vertex = heapq.heappop(waiting)
        if vertex == end:
            way = [vertex]
            while way[-1] != start:
                way.append(came_from[way[-1]])
            return np.array(way[::-1])
        if vertex in done or so_far > reach:
            continue
        done.add(vertex)
        for place in range(first[vertex], first[vertex + 1]):
            other, whole = int(neighbours[place]), so_far + float(lengths[place])
            if whole <= reach and whole < travelled.get(other, np.inf):
                travelled[other], came_from[other] = whole, vertex
                heapq.heappush(waiting, (whole, other))
    return None
