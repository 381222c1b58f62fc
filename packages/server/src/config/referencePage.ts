import { type ConfigOption, configOptions } from "./configOption.ts";
import { describeDefault, describeRange } from "./describeOption.ts";
import type { OptionSpec, SectionSpec } from "./optionSpec.ts";
import { optionTable } from "./optionTable.ts";

/** `docs/configuration.md` */
export function referencePage(): string {
  const sections = Object.entries<SectionSpec>(optionTable).map(([section, { title }]) => {
    const rows = configOptions.filter((option) => option.section === section).map(row);
    const heading = `## ${title}: \`[${section}]\``;
    const table = [
      "| key | default | values | what | environment | flags |",
      "|---|---|---|---|---|---|",
      ...rows,
    ];
    return `${heading}\n\n${table.join("\n")}\n`;
  });
  return [introduction, ...sections].join("\n");
}

function row({ key, spec, env, flags }: ConfigOption): string {
  const cells = [`\`${key}\``, describeDefault(spec), values(spec), spec.help, code(env), code(flags)];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(" ");

function values(spec: OptionSpec): string {
  if (spec.type === "enum") return spec.values.join(", ");
  if (spec.type === "boolean") return "true, false";
  if (spec.type === "integer") return describeRange(spec);
  if (spec.type === "number") return `${spec.min} to ${spec.max}`;
  if (spec.type === "optional list") return "list of strings";
  return spec.type === "path" ? "path" : "string";
}

const introduction = `# Configuration

Nothing needs to be configured: \`akidb\` starts with the defaults below. Each option can be set in four places; the first
of these that names it wins:

1. a flag of \`akidb serve\`: \`--rest-port 9000\`
2. an environment variable: \`AKIDB_REST_PORT=9000\`
3. a TOML file: \`rest_port = 9000\` under \`[server]\`
4. the default

The same server three times:

\`\`\`sh
akidb serve --rest-port 9000 --data-dir /var/lib/akidb --log-format json
\`\`\`

\`\`\`sh
AKIDB_REST_PORT=9000 AKIDB_DB_PATH=/var/lib/akidb AKIDB_LOG_FORMAT=json akidb serve
\`\`\`

\`\`\`toml
# /etc/akidb/config.toml, read by: akidb serve --config /etc/akidb/config.toml
[server]
rest_port = 9000

[data]
dir = "/var/lib/akidb"

[logging]
format = "json"
\`\`\`

* A TOML file is read only where \`--config\` or \`AKIDB_CONFIG\` names it, and must exist then. A \`config.toml\` in the working
  directory is not picked up by itself: it often belongs to another program. \`config.example.toml\` holds every option.
* Every option has the environment variable \`AKIDB_\` + section + key in capitals and the flag \`--\` + section + key with
  dashes; some have a shorter one, which stands first below. Two names of one option that say different things are an error.
* An empty environment variable counts as unset. A list is a JSON array there and in a flag: \`'["python3", "program.py"]'\`. Numbers are plain digits, which underscores may group (\`67_108_864\`).
* Relative paths start at the working directory, also those in a file.
* A name that is not below is an error which suggests the nearest known one; so is a value of the wrong type or out of range.
  All problems are reported at once, and the server does not start. This holds for every environment variable that begins
  with \`AKIDB_\`, except \`AKIDB_URL\` and \`AKIDB_API_KEY\`, which are the client's, and the variables by which Kubernetes describes services
  (\`AKIDB_SERVICE_HOST\`, \`AKIDB_PORT=tcp://…\`).

\`\`\`console
$ AKIDB_REST_PROT=9000 akidb serve --log-level inof
akidb: 2 problems in the configuration:
  AKIDB_REST_PROT: unknown environment variable; did you mean AKIDB_REST_PORT?
  logging.level: "inof" in --log-level is not one of trace, debug, info, warn, error, silent; did you mean info?
\`\`\`
`;
