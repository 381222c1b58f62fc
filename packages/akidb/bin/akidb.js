#!/usr/bin/env node
// Syntax that any Node with ES modules can read, so that an old one gets a sentence instead of a stack trace.
const needed = 22;
if (Number(process.versions.node.split(".")[0]) < needed) {
  console.error(
    `akidb needs Node ${needed} or newer; this is ${process.version}. Install a newer one from https://nodejs.org, or run \`npm start\` in a clone of the repository, which brings its own.`,
  );
  process.exit(1);
}
import("../dist/main.js").then(({ main }) => main(process.argv.slice(2)));
