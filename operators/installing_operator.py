"""The base of buttons that install packages into the Python with PyTorch."""

from typing import ClassVar

import bpy

from ..blender_emotalk import batch
from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.preferences import preferences_of
from .background_operator import BackgroundOperator
from .explained import OperatorResult


class InstallingOperator(BackgroundOperator):
    """Base of such operators: they ask first, because it is large."""

    question: ClassVar[str]

    @classmethod
    def sizes(cls, context: bpy.types.Context) -> tuple[float, float]:
        """Bytes to download, and bytes of disk, at most."""
        raise NotImplementedError

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """The environment must not be in use, and downloads need permission."""
        if reason := super().disabled_reason(context):
            return reason
        if batch.is_busy():
            return "A line is being animated; wait for it"
        if not (bpy.app.online_access or preferences_of(context).wheels):
            return "Allow Online Access in Blender's preferences (System), or choose a folder of wheels"
        return ""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first."""
        download, disk = self.sizes(context)
        message = f"Up to {disk / 1e9:.1f} GB of disk will be taken"
        if not preferences_of(context).wheels:
            message = f"Up to {download / 1e9:.1f} GB will be downloaded. {message}"
        return window_manager_of(context).invoke_confirm(
            self, event, title=self.question, message=message, confirm_text="Install"
        )
