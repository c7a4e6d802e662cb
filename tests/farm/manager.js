// Compiles a job type as Flamenco's manager does: the script and its job in, the job's tasks out, as JSON.
// The globals are those of https://flamenco.blender.org/usage/job-types/ , in strict mode as its engine has it.
"use strict";
const fs = require("fs");
const nodePath = require("path");
const vm = require("vm");

function numbersOf(range) {
  return range.split(",").flatMap((piece) => {
    const [first, last] = piece.split("-").map((text) => parseInt(text, 10));
    return Array.from({ length: (last === undefined ? first : last) - first + 1 }, (_, step) => first + step);
  });
}

function frameChunker(range, size) {
  const numbers = numbersOf(range);
  const chunks = [];
  while (numbers.length) {
    const chunk = numbers.splice(0, size);
    const isRun = chunk.length > 2 && chunk[chunk.length - 1] - chunk[0] === chunk.length - 1;
    chunks.push(isRun ? `${chunk[0]}-${chunk[chunk.length - 1]}` : chunk.join(","));
  }
  return chunks;
}

class Task {
  constructor(name, type) {
    Object.assign(this, { name, type, commands: [], dependencies: [] });
  }
  addCommand(command) {
    this.commands.push(command);
  }
  addDependency(task) {
    this.dependencies.push(task.name);
  }
}

const [script, settings] = process.argv.slice(2);
const tasks = [];
const context = vm.createContext({
  print: () => {},
  alert: () => {},
  frameChunker,
  path: { join: nodePath.posix.join, basename: nodePath.posix.basename, dirname: nodePath.posix.dirname },
  author: {
    Task: (name, type) => new Task(name, type),
    Command: (name, parameters, totalStepCount = 1) => ({ name, parameters, totalStepCount }),
  },
});
// An engine's script is strict from its first statement on; "this" outside of functions is its global object.
const source = `"use strict";\n${fs.readFileSync(script, "utf8")}\nthis.jobType = { JOB_TYPE, compileJob };`;
vm.runInContext(source, context, { filename: script });
const { JOB_TYPE, compileJob } = context.jobType;
const job = { name: "shot", jobType: "emotalk-bake", settings: JSON.parse(settings), addTask: (task) => tasks.push(task) };
try {
  compileJob(job);
  process.stdout.write(JSON.stringify({ type: JOB_TYPE, tasks }));
} catch (thrown) {
  process.stdout.write(JSON.stringify({ thrown: String(thrown) }));
}
