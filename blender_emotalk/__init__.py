"""The animator's scene in bpy: characters, lines, runs and keyframes."""
