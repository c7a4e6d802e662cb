"""Work outside Blender's own thread: the worker process and its client, background tasks, and sentences for errors."""
