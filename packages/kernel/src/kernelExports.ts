/** What the WebAssembly module exports; addresses and counts are plain numbers (see `assembly/index.ts`). */
export interface KernelExports {
  attach(slot: number): void;
  writeRow(row: number): void;
  removeRow(row: number): number;
  linkRows(most: number): number;
  searchRows(ef: number, most: number, rankedMax: number): number;
  searchAllowedRows(ef: number, most: number, rowsMax: number, rankedMax: number, keepsDead: number): number;
  resumeSearch(rankedMax: number): number;
  searchMethod(): number;
  matchedRows(): number;
  rankedRows(): number;
  probeSquares(): number;
  unit(): number;
  attachVectors(
    vectors: number,
    vectorBytes: number,
    metric: number,
    input: number,
    query: number,
    offered: number,
    bestRows: number,
    bestRanks: number,
  ): void;
  beginRescore(most: number, unit: number): number;
  rescored(): number;
  rescoreRows(count: number): number;
  rescoreKeys(count: number, slope: number): number;
  moveVectors(vectors: number): void;
  lookEnd(from: number, count: number, slope: number): number;
  rescoreBroughtKeys(from: number, to: number, slope: number): number;
  rescoreBroughtRows(count: number): number;
  dotFloatFour(out: number, probe: number, rows: number, bytes: number): void;
  squaredFloatFour(out: number, probe: number, rows: number, bytes: number): void;
  dotSevenBitFour(out: number, probe: number, rows: number, width: number): void;
  dotOneBit(probe: number, row: number, width: number, planes: number): number;
}
