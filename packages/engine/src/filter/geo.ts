import type { JsonValue } from "@akidb/base";
import type { GeoBoxTest, GeoPoint } from "./filter.ts";

/** Mean radius, as haversine distances use. */
const earthRadiusM = 6_371_008.8;

/** `{"lat": …, "lon": …}` in degrees; undefined for anything else. */
export function toGeoPoint(value: JsonValue | undefined): GeoPoint | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { lat, lon } = value as { readonly [key: string]: JsonValue };
  if (typeof lat !== "number" || typeof lon !== "number") return undefined;
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return undefined;
  return { lat, lon };
}

/** Along the surface of a sphere (haversine); at most 0.5 % off the ellipsoid. */
export function distanceM(a: GeoPoint, b: GeoPoint): number {
  const radians = Math.PI / 180;
  const sinLat = Math.sin(((b.lat - a.lat) * radians) / 2);
  const sinLon = Math.sin(((b.lon - a.lon) * radians) / 2);
  const haversine = sinLat ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * sinLon ** 2;
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

/** Edges included. */
export function isInBox({ lat, lon }: GeoPoint, { topLeft, bottomRight }: GeoBoxTest): boolean {
  if (lat > topLeft.lat || lat < bottomRight.lat) return false;
  return topLeft.lon <= bottomRight.lon
    ? lon >= topLeft.lon && lon <= bottomRight.lon
    : lon >= topLeft.lon || lon <= bottomRight.lon;
}
