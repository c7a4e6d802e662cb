// Bakes the lines of a scene on many machines and merges them into one scene (docs/farms.md).
// Flamenco 3: copy this file into the folder "scripts" beside the manager's executable.

const JOB_TYPE = {
  label: "EmoTalk Bake",
  description: "Animate the lines of dialogue of a scene, some lines per task, and merge them into one scene.",
  settings: [
    {
      key: "blendfile",
      type: "string",
      required: true,
      description: "The scene with the characters, and with the lines if there is no cue sheet.",
      visible: "web",
    },
    {
      key: "cue_sheet",
      type: "string",
      subtype: "file_path",
      default: "",
      description: "A cue sheet whose lines are added to those of the scene; empty for none.",
    },
    {
      key: "lines",
      type: "string",
      required: true,
      eval: "f'1-{len(C.scene.emotalk.lines)}'",
      evalInfo: { showLinkButton: true, description: "All lines of the scene" },
      description: "The numbers of the lines, such as 1-40,52.",
    },
    {
      key: "chunk_size",
      type: "int32",
      default: 8,
      propargs: { min: 1 },
      description: "How many lines one task bakes.",
      visible: "submission",
    },
    {
      key: "output_folder",
      type: "string",
      subtype: "dir_path",
      required: true,
      eval: "str(Path(abspath('//')) / 'emotalk' / jobname)",
      description: "Gets baked.blend, report.json and the folder \"parts\".",
    },
  ],
};

function compileJob(job) {
  const settings = job.settings;
  if (!settings.lines || !settings.lines.trim()) {
    throw "Give the numbers of the lines, such as 1-40,52";
  }
  if (!settings.output_folder) {
    throw "Choose an output folder";
  }
  const parts = path.join(settings.output_folder, "parts");
  const bakes = frameChunker(settings.lines, settings.chunk_size).map((lines) =>
    bakeTask(`lines ${lines}`, settings, ["--lines=" + lines, "--parts=" + parts])
  );
  const merge = bakeTask("merge", settings, [
    "--lines=" + settings.lines,
    "--from-parts=" + parts,
    "--out=" + path.join(settings.output_folder, "baked.blend"),
    "--report=" + path.join(settings.output_folder, "report.json"),
    "--overwrite",
  ]);
  for (const bake of bakes) {
    job.addTask(bake);
    merge.addDependency(bake);
  }
  job.addTask(merge);
}

// "-c" ends Blender's own arguments, so it comes after the scene.
function bakeTask(name, settings, words) {
  const task = author.Task(name, "blender");
  task.addCommand(
    author.Command("blender-render", {
      exe: "{blender}",
      exeArgs: "{blenderArgs}",
      argsBefore: [],
      blendfile: settings.blendfile,
      args: ["-c", "emotalk", "bake", `--cues=${settings.cue_sheet || ""}`].concat(words),
    })
  );
  return task;
}
