import type { StreamedRegion } from "../../checkpoint/writeStreamedFile.ts";

/** Below it, regions are packed together, as every one is a write and a read of its own. */
const packBytesMin = 64 * 1024;

/** Of a part within its pack, so that any typed array can begin there. */
const packAlignment = 8;

export const packedBytes = (bytes: number): number => packAlignment * Math.ceil(bytes / packAlignment);

/** In the order in which they came; a large one stands alone. */
export function packRegions(regions: readonly StreamedRegion[]): readonly (readonly StreamedRegion[])[] {
  const packs: StreamedRegion[][] = [];
  let pack: StreamedRegion[] = [];
  let bytes = 0;
  const close = (): void => {
    if (pack.length > 0) packs.push(pack);
    pack = [];
    bytes = 0;
  };
  for (const region of regions) {
    if (region.byteLength >= packBytesMin) close();
    pack.push(region);
    bytes += region.byteLength;
    if (bytes >= packBytesMin) close();
  }
  close();
  return packs;
}

/** Every part but a lone one is filled up to the alignment. */
export function packedRegion(pack: readonly StreamedRegion[]): StreamedRegion {
  if (pack.length === 1) return pack[0]!;
  return {
    name: "pack",
    byteLength: pack.reduce((sum, { byteLength }) => sum + packedBytes(byteLength), 0),
    *pieces() {
      for (const { byteLength, pieces } of pack) {
        yield* pieces();
        yield new Uint8Array(packedBytes(byteLength) - byteLength);
      }
    },
  };
}
