import type { Conditions } from "../cells.ts";

/** As SQL has it, and as zvec and LanceDB do, too. */
export function sqlConditions({ numberBelow, label, labelNot, box }: Conditions, notEqual = "<>"): string {
  const conditions: string[] = [];
  if (label !== undefined) conditions.push(`label = ${label}`);
  if (labelNot !== undefined) conditions.push(`label ${notEqual} ${labelNot}`);
  if (numberBelow !== undefined) conditions.push(`number < ${numberBelow.toFixed(9)}`);
  if (box !== undefined) {
    const [lat, lon] = [box.lat.toFixed(9), box.lon.toFixed(9)];
    conditions.push(`lat >= -${lat}`, `lat <= ${lat}`, `lon >= -${lon}`, `lon <= ${lon}`);
  }
  return conditions.join(" AND ");
}
