import type { JsonObject } from "./json.ts";
import type { IsTyped } from "./metadataFields.ts";

/**
 * A JSON Merge Patch (RFC 7396) of metadata of a type: members are replaced, those of objects one by one, and null takes one
 * away.
 */
export type MetadataPatch<Metadata extends object = JsonObject> =
  IsTyped<Metadata> extends true
    ? { readonly [Key in keyof Metadata]?: MemberPatch<Metadata[Key]> | null }
    : JsonObject;

type MemberPatch<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? MetadataPatch<Value>
    : Value;
