"""Mark Landmarks and Create Shapes: a head of the animator's gets its shapes."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.created_shapes import face_to_shape
from emotalk.blender_emotalk.landmark_objects import add_landmarks, read_landmarks
from emotalk.face import landmarks
from emotalk.face.basis import ARKIT
from emotalk.face.created_shapes import sample_face
from emotalk.face.face_marks import MARKS, marks_of
from emotalk.face.sample_head import build_sample_head
from emotalk.face.sample_head.skin_cage import build_skin_cage


def add_mesh(name, points, polygons, parent=None):
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points.tolist(), [], [list(map(int, polygon)) for polygon in polygons])
    obj = bpy.data.objects.new(name, mesh)
    obj.parent = parent
    bpy.context.scene.collection.objects.link(obj)
    return obj


@pytest.fixture
def head():
    """The built-in head's cage without shapes, on its side, ten times as large, with one eye as a mesh of its own."""
    cage, parts = build_skin_cage(), build_sample_head().parts
    skin = add_mesh("Hero", parts["skin"].vertices[: len(cage.points)], cage.polygons)
    add_mesh("Hero Eye", parts["eye left"].vertices, parts["eye left"].polygons, skin)
    skin.rotation_euler = (0.1, np.pi / 2, 0.2)
    skin.scale = (10, 10, 10)
    bpy.context.view_layer.objects.active = skin
    bpy.context.view_layer.update()
    return skin


def mark(head):
    """The right landmarks, as if the animator had put them there."""
    matrix = np.array(head.matrix_world)
    places = marks_of(sample_face()) @ matrix[:3, :3].T + matrix[:3, 3]
    assert add_landmarks(head, places) == len(MARKS)
    bpy.context.view_layer.update()
    return places


def moves(obj, name):
    key = obj.data.shape_keys
    points = [np.empty(3 * len(obj.data.vertices), np.float32) for _ in range(2)]
    key.key_blocks[0].data.foreach_get("co", points[0])
    key.key_blocks[name].data.foreach_get("co", points[1])
    return (points[1] - points[0]).reshape(-1, 3)


def test_shapes_are_created_in_the_meshs_own_axes_and_the_eye_follows(head, capfd):
    mark(head)
    before = [tuple(vertex.co) for vertex in head.data.vertices]
    assert bpy.ops.emotalk.create_shapes() == {"FINISHED"}
    said = capfd.readouterr().out
    assert "Info: 52 shapes created on Hero; also on Hero Eye; one eyeball and no teeth found" in said
    own = build_sample_head().parts["skin"].shapes["jawOpen"][: len(before)]
    assert np.linalg.norm(moves(head, "jawOpen") - own) < 0.1 * np.linalg.norm(own)
    assert [tuple(vertex.co) for vertex in head.data.vertices] == before
    eye = bpy.data.objects["Hero Eye"]
    assert [block.name for block in eye.data.shape_keys.key_blocks[1:]] == [
        f"eyeLook{way}Left" for way in ("Down", "In", "Out", "Up")
    ]
    assert all(block.value == 0 for block in head.data.shape_keys.key_blocks[1:])
    assert len(find_character(head, bpy.context.scene, ARKIT).shape_keys) == 52


def test_what_is_there_stays_and_only_the_rest_is_added(head):
    mark(head)
    head.shape_key_add(name="Basis")
    for name in ("jaw_open", "My Smirk"):
        head.shape_key_add(name=name, from_mix=False).data[5].co.x += 0.25
    assert bpy.ops.emotalk.create_shapes() == {"FINISHED"}
    keys = head.data.shape_keys.key_blocks
    assert len(keys) == 1 + 2 + 51
    assert "jawOpen" not in keys
    for name in ("jaw_open", "My Smirk"):
        assert np.abs(moves(head, name)).sum() == pytest.approx(0.25)
    with pytest.raises(RuntimeError, match="'Hero' has all 52 shapes"):
        bpy.ops.emotalk.create_shapes()


def test_landmarks_are_proposed_moved_and_heeded(head, capfd):
    """The proposal, an undo's worth of empties, one deleted and added again; a moved one stays where it was put."""
    assert bpy.ops.emotalk.mark_landmarks() == {"FINISHED"}
    assert "20 landmarks on Hero" in capfd.readouterr().out
    bpy.context.view_layer.update()
    proposed = read_landmarks(head)
    matrix = np.array(head.matrix_world)
    right = marks_of(sample_face()) @ matrix[:3, :3].T + matrix[:3, 3]
    assert np.linalg.norm(proposed - right, axis=1).mean() < 0.05  # 5 mm on a head that is 10 times as large
    chin = next(child for child in head.children if child.name == "Chin")
    chin.location.x += 0.004
    bpy.data.objects.remove(bpy.data.objects["Nose Tip"])
    with pytest.raises(RuntimeError, match="The landmark Nose Tip is missing on 'Hero'; press Mark Landmarks"):
        bpy.ops.emotalk.create_shapes()
    moved = tuple(chin.location)
    add_landmarks(head, proposed)
    assert tuple(chin.location) == moved
    bpy.context.view_layer.update()
    apart = np.linalg.norm(read_landmarks(head) - proposed, axis=1)
    assert apart[list(MARKS).index("Chin")] == pytest.approx(0.04, rel=1e-3)
    assert apart[1:].max() < 1e-5


def test_a_selected_landmark_stands_for_its_face(head):
    mark(head)
    assert face_to_shape(bpy.data.objects["Chin"]) == head
    bpy.data.objects["Chin"].parent = None
    assert face_to_shape(bpy.data.objects["Chin"]) is None


def test_lips_that_are_one_surface_change_nothing(head):
    upper, lower = sample_face().landmarks[[landmarks.UPPER_MIDDLE, landmarks.LOWER_MIDDLE]]
    cage = build_skin_cage()
    polygons = [*cage.polygons, (upper, lower, sample_face().landmarks[61])]
    closed = add_mesh("Mask", build_sample_head().parts["skin"].vertices[: len(cage.points)], polygons)
    bpy.context.view_layer.objects.active = closed
    bpy.context.view_layer.update()
    mark(closed)
    with pytest.raises(RuntimeError, match="Upper and lower lip are one surface"):
        bpy.ops.emotalk.create_shapes()
    assert closed.data.shape_keys is None


def two_users(head):
    bpy.data.objects.new("Twin", head.data)


def mirrored(head):
    head.modifiers.new("Mirror", "MIRROR")


def absolute(head):
    head.shape_key_add(name="Basis")
    head.data.shape_keys.use_relative = False


def edited(_head):
    bpy.ops.object.mode_set(mode="EDIT")


def a_cube(_head):
    bpy.context.view_layer.objects.active = add_mesh("Cube", np.eye(3), [(0, 1, 2)])


def unselected(_head):
    bpy.context.view_layer.objects.active = None


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (two_users, "has 2 users; make it single-user first"),
        (mirrored, "'Hero' is half a face; apply its Mirror modifier first"),
        (absolute, "The shape keys of 'Hero' are absolute"),
        (edited, "Leave Edit Mode first"),
        (a_cube, "'Cube' has 3 vertices, too few for a face"),
        (unselected, "Click the mesh of the face first"),
    ],
)
def test_reasons_to_refuse(head, spoil, reason):
    spoil(head)
    for operator in (bpy.ops.emotalk.mark_landmarks, bpy.ops.emotalk.create_shapes):
        with pytest.raises(RuntimeError, match=reason):
            operator()
    assert not [obj for obj in bpy.data.objects if obj.type == "EMPTY"]


def test_a_linked_head_is_refused(head, tmp_path):
    path = tmp_path / "hero.blend"
    bpy.data.libraries.write(str(path), {head})
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(path), link=True) as (source, target):
        target.objects = source.objects[:]
    hero = next(obj for obj in target.objects if obj.name == "Hero")
    bpy.context.scene.collection.objects.link(hero)
    bpy.context.view_layer.objects.active = hero
    with pytest.raises(RuntimeError, match="'Hero' is linked from another file; make it local first"):
        bpy.ops.emotalk.create_shapes()


def test_a_relative_that_cannot_be_changed_is_named(head, capfd):
    mark(head)
    two_users(bpy.data.objects["Hero Eye"])
    assert bpy.ops.emotalk.create_shapes() == {"FINISHED"}
    assert (
        "Warning: 52 shapes created on Hero; no eyeballs and no teeth found; The mesh of 'Hero Eye' has 2 users"
        in capfd.readouterr().out
    )
    assert bpy.data.objects["Hero Eye"].data.shape_keys is None


@pytest.mark.parametrize("name", ["mark_landmarks", "create_shapes"])
def test_one_undo_takes_it_all_back(head, name):
    if name == "create_shapes":
        mark(head)

    def everything():
        return sorted(bpy.data.objects.keys()), {
            mesh.name: sorted(mesh.shape_keys.key_blocks.keys()) if mesh.shape_keys else [] for mesh in bpy.data.meshes
        }

    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message="before")
        before = everything()
        assert getattr(bpy.ops.emotalk, name)("EXEC_DEFAULT", True) == {"FINISHED"}
        after = everything()
        assert after != before
        bpy.ops.ed.undo()
        assert everything() == before
        bpy.ops.ed.redo()
        assert everything() == after
