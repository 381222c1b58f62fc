import type { FieldViolation } from "@akidb/base";
import type { Config } from "./config.ts";

/** What must hold between options that are each in their range. */
export function relationProblems({ hnsw, limits }: Config): readonly FieldViolation[] {
  const problems: FieldViolation[] = [];
  if (hnsw.efConstruction < hnsw.m) {
    problems.push({
      path: "hnsw.ef_construction",
      detail: `${hnsw.efConstruction} is less than hnsw.m (${hnsw.m}): too few candidates to fill a node's links`,
    });
  }
  if (limits.maxMetadataBytes > limits.maxBodyBytes) {
    problems.push({
      path: "limits.max_metadata_bytes",
      detail: `${limits.maxMetadataBytes} is more than limits.max_body_bytes (${limits.maxBodyBytes}): no request could carry it`,
    });
  }
  return problems;
}
