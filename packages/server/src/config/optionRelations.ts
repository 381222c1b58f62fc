import type { FieldViolation } from "@akidb/base";
import type { Config } from "./config.ts";

/** What must hold between options that are each in their range. */
export function relationProblems({ limits }: Config): readonly FieldViolation[] {
  if (limits.maxMetadataBytes <= limits.maxBodyBytes) return [];
  return [
    {
      path: "limits.max_metadata_bytes",
      detail: `${limits.maxMetadataBytes} is more than limits.max_body_bytes (${limits.maxBodyBytes}): no request could carry it`,
    },
  ];
}
