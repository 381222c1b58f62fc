import { expect, it } from "vitest";
import { latestVersion, schemaOfVersion } from "./migrator.ts";
import { schemaFingerprint, schemaFingerprints } from "./schemaFingerprints.ts";

it("are those of the schemas that the migrations make", () => {
  const made = Array.from({ length: latestVersion }, (_, at) => schemaFingerprint(schemaOfVersion(at + 1)));
  expect(schemaFingerprints).toEqual(made);
});
