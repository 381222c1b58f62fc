import type { AuditFormat, AuditLogQuery } from "@akidb/base";
import { auditCsvHeader, auditEntries, toAuditCsvLine, toAuditJsonLine } from "@akidb/catalog";
import { auditQueryOf, auditRequirements } from "../../access/auditQueryOf.ts";
import { defineOperation, type OperationContext } from "../../operation.ts";

export type ExportAuditLogInput = AuditLogQuery & { readonly format?: AuditFormat };

/** Characters that are sent at once. */
const chunkCharacters = 65_536;

export const exportAuditLog = defineOperation<ExportAuditLogInput, ReadableStream<Uint8Array>>({
  name: "exportAuditLog",
  permission: "audit::read",
  ...auditRequirements,
  run: async (context, { format = "jsonl", ...query }) => {
    // The deadline is that of the beginning: how long the file is nobody knows.
    const { checkIn: _, ...found } = await auditQueryOf(context, query);
    return toStream(chunks(context, found, format));
  },
});

async function* chunks(
  { catalog }: OperationContext,
  query: Parameters<typeof auditEntries>[1],
  format: AuditFormat,
): AsyncGenerator<string, void, undefined> {
  const toLine = format === "csv" ? toAuditCsvLine : toAuditJsonLine;
  let chunk = format === "csv" ? auditCsvHeader : "";
  for await (const entry of auditEntries(catalog.auditLog, query)) {
    chunk += toLine(entry);
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

/** Read no faster than whoever takes it. */
function toStream(texts: AsyncGenerator<string, void, undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await texts.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: async () => {
      await texts.return();
    },
  });
}
