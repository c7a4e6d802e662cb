"""The animator's scene: characters, lines, jobs and keyframes, on bpy."""
