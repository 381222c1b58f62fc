import type { GeoBoxTest, GeoPoint, GeoRadiusTest } from "../filter/filter.ts";
import { distanceM, isInBox } from "../filter/geo.ts";
import { SortedRuns, type StoredRuns } from "./sortedRuns.ts";
import { type PartImage, regionOf } from "./stored/partImage.ts";
import type { StoredRegions } from "./stored/storedRegions.ts";

/** Latitude in bands of about 1.2 km; within a band, points are in the order of their longitude. */
const bandsPerDegree = 90;

/** One band's longitudes take this much of the keys' number line. */
const bandWidth = 512;

/** Points of a strip of bands that are looked at as soon as one band is looked up. */
const pointsPerBand = 100;

const metresPerDegree = 111_195;

export interface StoredPoints {
  readonly count: number;
  readonly order: StoredRuns;
}

/** Points of rows, found by box or radius. 32 bytes a point. */
export class GeoPoints {
  /** Keys of points, with their numbers in the arrays below. */
  readonly #order: SortedRuns;
  #lats = new Float64Array(16);
  #lons = new Float64Array(16);
  #rows = new Uint32Array(16);
  #pointCount = 0;

  constructor(order = new SortedRuns()) {
    this.#order = order;
  }

  /** Those that an image was taken of. */
  static load({ count, order }: StoredPoints, regions: StoredRegions): GeoPoints {
    const loaded = new GeoPoints(SortedRuns.load(order, regions));
    const [lats, lons, rows] = [regions.doubles(), regions.doubles(), regions.words()];
    const isWhole = [lats, lons, rows].every(({ length }) => length === count);
    regions.require(isWhole, "has points that are not as many as it says");
    loaded.#lats = lats;
    loaded.#lons = lons;
    loaded.#rows = rows;
    loaded.#pointCount = count;
    return loaded;
  }

  get count(): number {
    return this.#order.count;
  }

  get memoryBytes(): number {
    return this.#order.memoryBytes + 20 * this.#rows.length;
  }

  add({ lat, lon }: GeoPoint, row: number): void {
    if (this.#pointCount === this.#rows.length) this.#grow();
    const point = this.#pointCount++;
    this.#lats[point] = lat;
    this.#lons[point] = lon;
    this.#rows[point] = row;
    this.#order.add(keyOf(bandOf(lat), lon), point);
  }

  remove({ lat, lon }: GeoPoint, row: number): void {
    const key = keyOf(bandOf(lat), lon);
    let found: number | undefined;
    this.#order.forEachIn(key, key, (point) => {
      if (this.#rows[point] === row && this.#lats[point] === lat && this.#lons[point] === lon) found = point;
    });
    if (found !== undefined) this.#order.remove(key, found);
  }

  forEachInBox(box: GeoBoxTest, visit: (row: number) => void): void {
    const { topLeft, bottomRight } = box;
    const accept = (point: number): void => {
      if (isInBox(this.#pointAt(point), box)) visit(this.#rows[point]!);
    };
    const lats = { latMin: bottomRight.lat, latMax: topLeft.lat };
    if (topLeft.lon <= bottomRight.lon) {
      this.#forEachNear({ ...lats, lonMin: topLeft.lon, lonMax: bottomRight.lon }, accept);
    } else {
      this.#forEachNear({ ...lats, lonMin: topLeft.lon, lonMax: 180 }, accept);
      this.#forEachNear({ ...lats, lonMin: -180, lonMax: bottomRight.lon }, accept);
    }
  }

  forEachInRadius({ center, radiusM }: GeoRadiusTest, visit: (row: number) => void): void {
    // A little wider than the circle: the distance decides.
    const degrees = (radiusM / metresPerDegree) * 1.01 + 1e-9;
    const latMin = Math.max(-90, center.lat - degrees);
    const latMax = Math.min(90, center.lat + degrees);
    const accept = (point: number): void => {
      if (distanceM(this.#pointAt(point), center) <= radiusM) visit(this.#rows[point]!);
    };
    // Around a pole, and where the circle is wide, every longitude is near.
    const cosine = Math.cos(Math.max(Math.abs(latMin), Math.abs(latMax)) * (Math.PI / 180));
    const lonDegrees = cosine > 0 ? degrees / cosine : 180;
    const lonMin = center.lon - lonDegrees;
    const lonMax = center.lon + lonDegrees;
    if (lonDegrees >= 90) {
      this.#forEachNear({ latMin, latMax, lonMin: -180, lonMax: 180 }, accept);
      return;
    }
    this.#forEachNear(
      { latMin, latMax, lonMin: Math.max(-180, lonMin), lonMax: Math.min(180, lonMax) },
      accept,
    );
    if (lonMin <= -180) this.#forEachNear({ latMin, latMax, lonMin: lonMin + 360, lonMax: 180 }, accept);
    if (lonMax >= 180) this.#forEachNear({ latMin, latMax, lonMin: -180, lonMax: lonMax - 360 }, accept);
  }

  /** Points are only ever added behind those that are there. */
  image(name: string): PartImage<StoredPoints> {
    const count = this.#pointCount;
    const order = this.#order.image(name);
    const arrays = [this.#lats, this.#lons, this.#rows].map((array) => array.subarray(0, count));
    return {
      description: { count, order: order.description },
      regions: [...order.regions, ...arrays.map((array) => regionOf(name, array))],
    };
  }

  #forEachNear({ latMin, latMax, lonMin, lonMax }: LatLonBox, visit: (point: number) => void): void {
    const first = bandOf(latMin);
    const last = bandOf(latMax);
    const [stripStart, stripEnd] = [keyOf(first, -180), keyOf(last, 180)];
    if (this.#order.countIn(stripStart, stripEnd) <= pointsPerBand * (last - first + 1)) {
      this.#order.forEachIn(stripStart, stripEnd, visit);
      return;
    }
    for (let band = first; band <= last; band++) {
      this.#order.forEachIn(keyOf(band, lonMin), keyOf(band, lonMax), visit);
    }
  }

  #pointAt(point: number): GeoPoint {
    return { lat: this.#lats[point]!, lon: this.#lons[point]! };
  }

  #grow(): void {
    const length = Math.max(16, 2 * this.#rows.length);
    const lats = new Float64Array(length);
    const lons = new Float64Array(length);
    const rows = new Uint32Array(length);
    lats.set(this.#lats);
    lons.set(this.#lons);
    rows.set(this.#rows);
    this.#lats = lats;
    this.#lons = lons;
    this.#rows = rows;
  }
}

/** Without the antimeridian inside. */
interface LatLonBox {
  readonly latMin: number;
  readonly latMax: number;
  readonly lonMin: number;
  readonly lonMax: number;
}

const bandOf = (lat: number): number => Math.floor((lat + 90) * bandsPerDegree);
const keyOf = (band: number, lon: number): number => band * bandWidth + lon + 180;
