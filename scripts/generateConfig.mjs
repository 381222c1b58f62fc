// Writes what follows from the server's option table, from the compiled package:
//   npm run build && node_modules/.bin/node scripts/generateConfig.mjs
import { writeFileSync } from "node:fs";
import { exampleToml } from "../packages/server/dist/config/exampleToml.js";
import { referencePage } from "../packages/server/dist/config/referencePage.js";

const write = (path, text) => writeFileSync(new URL(`../${path}`, import.meta.url), text);

write("config.example.toml", exampleToml());
write("docs/configuration.md", referencePage());
