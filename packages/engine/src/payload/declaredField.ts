import type { PayloadFieldType } from "@akidb/base";
import type { FieldPath } from "../filter/fieldPath.ts";

/** A field whose type was decided when its collection was made. */
export interface DeclaredField {
  readonly path: FieldPath;
  readonly type: PayloadFieldType;
}
