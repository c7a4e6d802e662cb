"""The Train box: an actor's captures, their check, the training, and the trained model."""

from typing import Final

import bpy

from ..blender_emotalk import background, torch_environment, training_watch
from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.properties import SceneProperties
from ..blender_emotalk.training_watch import Seen
from .drawn import Icon
from .sub_panel import SubPanel
from .task import draw_outcome, draw_progress
from .text import draw_sentence

_GRADES: Final[dict[str, Icon]] = {"error": "ERROR", "warning": "INFO"}
_SHOWN: Final = 5
"""Findings; the report has all, and the notes."""
_PLOT_SIZE: Final = 10.0
_TASKS: Final = ("Choose Folder", "Check")


class TrainingPanel(SubPanel, bpy.types.Panel):
    """From captured takes to a model of one's own."""

    bl_idname = "EMOTALK_PT_training"
    bl_label = "Train"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A model can be trained before there is a line."""
        return True

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """How far it is, visible while the box is closed."""
        seen = training_watch.seen()
        if seen.phase in training_watch.BUSY:
            self.layout.label(text=_short_progress(seen))

    def draw(self, context: bpy.types.Context) -> None:
        """The captures, then what is done with them."""
        desk, seen = desk_of(scene_of(context)), training_watch.seen()
        _draw_captures(self.layout, context, desk, seen)
        if background.is_busy():
            draw_progress(self.layout)
        else:
            _draw_task(self.layout, context)
        if seen.project is not None:
            _draw_training(self.layout, context, desk, seen)
        elif desk.captures:  # what training needs reads more kinds of sound files, too
            _draw_problem(self.layout, context)


def _draw_captures(layout: bpy.types.UILayout, context: bpy.types.Context, desk: SceneProperties, seen: Seen) -> None:
    row = layout.row(align=True)
    row.prop(desk, "captures", text="", icon="OUTLINER_OB_CAMERA", placeholder="Captured takes")
    row.operator("emotalk.choose_captures", text="", icon="FILEBROWSER")
    if seen.project is None:
        return
    row = layout.row(align=True)
    row.operator("emotalk.check_captures", icon="VIEWZOOM")
    row.operator("emotalk.edit_captures", icon="TEXT")
    checked = seen.checked
    if checked is None:
        return
    row.operator("wm.path_open", text="Report", icon="URL").filepath = str(checked.page)
    icon: Icon = "ERROR" if checked.errors else "INFO" if checked.warnings else "CHECKMARK"
    draw_sentence(layout, context, checked.verdict, icon)
    if checked.is_old:
        draw_sentence(layout, context, "The project file has changed since; check again", "FILE_REFRESH")
    if seen.phase in training_watch.BUSY:
        return
    serious = [finding for finding in checked.findings if finding[0] in _GRADES]
    for grade, sentence in serious[:_SHOWN]:
        draw_sentence(layout, context, sentence, _GRADES[grade])
    if len(serious) > _SHOWN:
        layout.label(text=f"{len(serious) - _SHOWN} more in the report", icon="BLANK1")


def _draw_task(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What became of our tasks; other boxes show the others."""
    task = background.latest()
    if task is not None and (task.name in _TASKS or task.name == "Set Up"):
        draw_outcome(layout, context)


def _draw_training(layout: bpy.types.UILayout, context: bpy.types.Context, desk: SceneProperties, seen: Seen) -> None:
    if seen.phase in training_watch.BUSY:
        _draw_busy(layout, seen)
    if seen.phase != "starting":
        _draw_plot(layout, seen)
    if seen.phase in training_watch.BUSY:
        return
    if seen.failure:
        draw_sentence(layout, context, seen.failure, "ERROR")
    _draw_result(layout, context, desk, seen)
    column = layout.column(align=True)
    column.prop(desk, "preset", text="", icon="PRESET", placeholder=training_watch.preset_of(desk))
    if sentence := training_watch.sentence_of(desk):
        draw_sentence(column, context, sentence, "BLANK1")
    _draw_problem(layout, context)
    row = layout.row(align=True)
    row.scale_y = 1.6
    if seen.phase == "stopped":
        row.operator("emotalk.resume_training", icon="PLAY")
    row.operator("emotalk.train", icon="MODIFIER", text="Train" if seen.phase == "none" else "Train Anew")


def _draw_plot(layout: bpy.types.UILayout, seen: Seen) -> None:
    run = seen.run
    if run is None or not run.losses:
        return
    if icon := training_watch.plot_icon():
        layout.template_icon(icon_value=icon, scale=_PLOT_SIZE)
    column = layout.column(align=True)
    column.label(text=f"Loss {run.losses[-1][1]:.4g} (blue)")
    if run.scores:
        best = min(score for _step, score in run.scores)
        column.label(text=f"Held out {run.scores[-1][1]:.4g}, best {best:.4g} (orange)")


def _draw_busy(layout: bpy.types.UILayout, seen: Seen) -> None:
    run = seen.run
    is_known = run is not None and seen.phase != "starting" and run.steps > 0
    row = layout.row(align=True)
    row.progress(factor=run.step / run.steps if run and is_known else 0.0, text=_progress(seen))
    row.operator("emotalk.pause_training", text="", icon="PAUSE")
    row.operator("emotalk.cancel_training", text="", icon="X")


def _progress(seen: Seen) -> str:
    run = seen.run
    if seen.phase == "starting" or run is None:
        return "Reading the takes"
    if seen.phase == "stopping":
        return "Saving"
    if run.step >= run.steps:
        return "Exporting"
    left = "" if run.minutes_left is None else f", {_minutes(run.minutes_left)} left"
    return f"{run.step:,} of {run.steps:,}{left}"


def _short_progress(seen: Seen) -> str:
    run = seen.run
    if run is None or seen.phase == "starting" or not run.steps:
        return "Starting"
    return f"{run.step / run.steps:.0%}" + (f", {_minutes(run.minutes_left)}" if run.minutes_left is not None else "")


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes >= 1 else "under 1 min"


def _draw_result(layout: bpy.types.UILayout, context: bpy.types.Context, desk: SceneProperties, seen: Seen) -> None:
    run = seen.run
    if run is None:
        return
    if seen.phase == "stopped":
        draw_sentence(layout, context, f"Stopped after {run.step:,} of {run.steps:,} steps", "PAUSE")
    compared = run.compared
    if compared is None:
        return
    if compared.ours:
        layout.label(text="On takes that were not trained on:")
        grid = layout.grid_flow(columns=3, row_major=True, even_columns=True, align=True)
        for text in ("", "Trained", "Base" if compared.base else ""):
            grid.label(text=text)
        for name, value in compared.ours.items():
            base = compared.base.get(name)
            for text in (name, f"{value:.4g}", "" if base is None else f"{base:.4g}"):
                grid.label(text=text)
    if compared.is_worse:
        draw_sentence(layout, context, compared.warning(), "ERROR")
    column = layout.column(align=True)
    row = column.row(align=True)
    row.operator("emotalk.preview_training", icon="HIDE_OFF")
    row.operator("emotalk.install_trained", icon="IMPORT")
    column.prop(desk, "captured_on", text="", icon="USER", placeholder="Captured on a copy")


def _draw_problem(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    problem = torch_environment.training_problem(context)
    if not problem:
        return
    draw_sentence(layout, context, problem, "ERROR")
    row = layout.row(align=True)
    if not torch_environment.own_python(context):
        row.operator("emotalk.set_up_training", icon="IMPORT")
    row.operator("emotalk.open_preferences", icon="PREFERENCES")
