import type { SchemaElement } from "hyparquet";

/** The columns of a file of documents, in the order in which they are written. */
export const columnNames = [
  "id",
  "external_id",
  "vector",
  "text",
  "metadata",
  "inserted_at",
  "updated_at",
  "version",
  "expires_at",
] as const;

export type ColumnName = (typeof columnNames)[number];

const timestamp = (
  name: ColumnName,
  repetition_type: "REQUIRED" | "OPTIONAL" = "REQUIRED",
): SchemaElement => ({
  name,
  type: "INT64",
  repetition_type,
  converted_type: "TIMESTAMP_MILLIS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
});

const optionalString = (name: ColumnName, logical: "STRING" | "JSON"): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  repetition_type: "OPTIONAL",
  converted_type: logical === "JSON" ? "JSON" : "UTF8",
  logical_type: { type: logical },
});

/** The element of each column that holds values; that of `vector` is the innermost of its LIST. */
export const leafElements: Readonly<Record<ColumnName, SchemaElement>> = {
  id: {
    name: "id",
    type: "FIXED_LEN_BYTE_ARRAY",
    type_length: 16,
    repetition_type: "REQUIRED",
    logical_type: { type: "UUID" },
  },
  external_id: optionalString("external_id", "STRING"),
  vector: { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
  text: optionalString("text", "STRING"),
  metadata: optionalString("metadata", "JSON"),
  inserted_at: timestamp("inserted_at"),
  updated_at: timestamp("updated_at"),
  // Signed without an annotation; that of hyparquet-writer has a bit width of the wrong type, which Arrow refuses.
  version: { name: "version", type: "INT64", repetition_type: "REQUIRED" },
  expires_at: timestamp("expires_at", "OPTIONAL"),
};

export const leafPath = (column: ColumnName): string[] =>
  column === "vector" ? ["vector", "list", "element"] : [column];

/** Depth first, as the footer lists it. The three levels of a LIST are those of the format's specification. */
export const documentSchema: SchemaElement[] = [
  { name: "documents", num_children: columnNames.length },
  ...columnNames.flatMap((name): SchemaElement[] =>
    name === "vector"
      ? [
          {
            name: "vector",
            repetition_type: "REQUIRED",
            num_children: 1,
            converted_type: "LIST",
            logical_type: { type: "LIST" },
          },
          { name: "list", repetition_type: "REPEATED", num_children: 1 },
          leafElements.vector,
        ]
      : [leafElements[name]],
  ),
];
