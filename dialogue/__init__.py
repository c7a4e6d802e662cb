"""Lines of dialogue as data: cue sheets, timecode, line numbers, presets, and the parts of a farm."""
