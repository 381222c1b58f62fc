/**
 * The 32-bit words at the start of a segment's memory. Compiled twice: by tsc for the host and by AssemblyScript for
 * the kernel, so that both mean the same; hence only plain integer constants.
 *
 * The creator of a segment sets the words up to `scratchSlotsWord` once, before any thread attaches; offsets are bytes.
 */
export const formatWord = 0;
export const capacityWord = 1;
export const dimensionWord = 2;
/** Components of a code: the dimension, padded with zeros to what the kernels step by. */
export const widthWord = 3;
export const rowBytesWord = 4;
export const codecWord = 5;
export const metricWord = 6;
export const linksMaxWord = 7;
export const efConstructionWord = 8;
export const seedWord = 9;
export const rotationRoundsWord = 10;
export const rowsOffsetWord = 11;
export const factorsOffsetWord = 12;
export const baseLinksOffsetWord = 13;
export const upperRefsOffsetWord = 14;
export const levelsOffsetWord = 15;
export const locksOffsetWord = 16;
export const tombstonesOffsetWord = 17;
export const upperPoolOffsetWord = 18;
export const upperPoolBytesWord = 19;
export const signsOffsetWord = 20;
export const centerOffsetWord = 21;
export const scratchOffsetWord = 22;
export const scratchBytesWord = 23;
export const scratchSlotsWord = 24;

/** From here on words change while threads read; each is written and read atomically. */
/** Rows that searches may see. */
export const rowCountWord = 32;
/** The next row that a builder will link. */
export const linkNextWord = 33;
/** Every row below is in the graph. */
export const linkedPrefixWord = 34;
export const upperPoolUsedWord = 35;
/** 64 bits: level << 32 | row + 1 of the node where walks start; 0 while there is none. */
export const entryWord = 36;
export const deadCountWord = 38;
/** Biased exponent by which vectors are scaled (see `unit`), set by the first row that is not zero. */
export const unitWord = 39;
/** One bit per scratch slot in use. */
export const slotsTakenWord = 40;
/** A word per scratch slot: the guest that holds it, 0 where none does. */
export const slotGuestsWord = 41;
export const headerWords = 64;

export const formatVersion = 1;

export const codecFloat = 0;
export const codecSevenBit = 1;
export const codecOneBit = 2;

export const metricCosine = 0;
export const metricDot = 1;
export const metricL2 = 2;

/** Bit 7 of a row's level byte: the row is in the graph. */
export const linkedFlag = 128;
export const levelMax = 15;
