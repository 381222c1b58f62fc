import type { FieldViolation } from "@akidb/base";
import { optionsByEnv } from "./configOption.ts";
import { nearest, suggestion } from "./nearest.ts";
import { readNamedTexts, type SourceReading } from "./sourceReading.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names the TOML file. */
export const configFileVariable = "AKIDB_CONFIG";

/** The CLI's address of a running server, and its key: no options of the server, yet ours. */
const clientVariables = ["AKIDB_URL", "AKIDB_API_KEY"];

const prefix = "AKIDB_";

/** An empty variable is an unset one, as `${VAR:-}` of a compose file and `VAR= command` leave it. */
export function readEnvironment(environment: Environment): SourceReading {
  const texts = new Map<string, string>();
  const unknown: FieldViolation[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || text === undefined || text === "" || isServiceLink(name, text)) continue;
    if (optionsByEnv.has(name)) texts.set(name, text);
    else if (name !== configFileVariable && !clientVariables.includes(name))
      unknown.push(unknownVariable(name));
  }
  const { given, problems } = readNamedTexts((option) => option.env, texts);
  return { given, problems: [...unknown, ...problems] };
}

/**
 * Kubernetes describes every service to the pods beside it, so one called `akidb` or `akidb-rest` sets
 * `AKIDB_SERVICE_HOST` and `AKIDB_REST_PORT=tcp://10.0.0.7:8080`: nobody's configuration
 * (kubernetes.io/docs/tutorials/services/connect-applications-service, "Environment Variables").
 */
const isServiceLink = (name: string, text: string): boolean =>
  /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
  (name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(text));

/** Measured without the prefix, which all names share. */
function unknownVariable(name: string): FieldViolation {
  const known = [...optionsByEnv.keys(), configFileVariable].map((each) => each.slice(prefix.length));
  const meant = nearest(name.slice(prefix.length), known);
  const detail = `unknown environment variable${suggestion(meant && `${prefix}${meant}`)}`;
  return { path: name, detail };
}
