import type { Gauges } from "@akidb/database";
import type { HttpMeter } from "./httpMeter.ts";

/** What the REST API tells of itself, and where it has what is told by all. */
export interface ServedMetrics {
  readonly http: HttpMeter;
  readonly contentType: string;
  /** As text; the gauges are those of this moment. */
  render(gauges: Gauges, connectionCount: number): Promise<string>;
}
