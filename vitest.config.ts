import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/**
 * Tests read the workspace's TypeScript sources; only child processes run what was built into dist/. Libraries are taken
 * as Node takes them: what they have under "module" is for bundlers, and need not load.
 */
const conditions = ["source", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // They import a library that has TypeScript under "source", which Node itself does not run.
    server: {
      deps: { inline: [/@modelcontextprotocol\/client/, /@mastra\/core/, /@ai-sdk/, /eventsource/] },
    },
    include: ["packages/*/src/**/*.test.ts", "testing/src/**/*.test.ts"],
    pool: "forks",
    // As `npm start` runs it, and why: scripts/run.mjs.
    execArgv: ["--no-memory-protection-keys"],
    // Processes that tests start, some two hundred, compile what they load once.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/akidb-compiled", import.meta.url)),
    },
    // Without it a machine of two cores runs one file at a time.
    maxWorkers: "100%",
    // A worker runs file after file with the modules that it has: loading some 2,500 of them anew took half of the time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A second, its own default, is over on a busy machine before what is waited for has had its turn.
    expect: { poll: { timeout: 30_000 } },
  },
});
