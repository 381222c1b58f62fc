/**
 * What a declared field of metadata may hold. `keyword`: strings; `date`: strings that filters take for dates; `geo`: points,
 * `{"lat": …, "lon": …}`.
 */
export const payloadFieldTypes = ["keyword", "number", "date", "boolean", "geo"] as const;

export type PayloadFieldType = (typeof payloadFieldTypes)[number];
