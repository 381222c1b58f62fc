import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { ServedDatabase } from "../servedDatabase.ts";

export interface Health {
  /** Tells everybody who asks or watches that no more calls are wanted. */
  stop(): void;
}

/** `grpc.health.v1`: serves once every collection is open or known to be damaged, as `/ready` says it. */
export function addHealth(
  server: Server,
  database: Pick<ServedDatabase, "loaded">,
  services: readonly string[],
): Health {
  const names = ["", ...services];
  const all = (status: "SERVING" | "NOT_SERVING") => Object.fromEntries(names.map((name) => [name, status]));
  const health = new HealthImplementation(all("NOT_SERVING"));
  health.addToServer(server);
  let isStopped = false;
  const tell = (status: "SERVING" | "NOT_SERVING") => {
    for (const name of names) health.setStatus(name, status);
  };
  database.loaded().then(
    () => isStopped || tell("SERVING"),
    // It closes before everything was loaded.
    () => {},
  );
  return {
    stop: () => {
      isStopped = true;
      tell("NOT_SERVING");
    },
  };
}
