import type { ColumnMetaData, DataPageHeader, DataPageHeaderV2, PageHeader } from "hyparquet/src/types.js";
import type { ByteSource } from "../byteSource.ts";
import { decodeValues, type Values } from "./decodeValues.ts";
import { decompress } from "./decompress.ts";
import type { Leaf } from "./leaf.ts";
import { type ChunkRange, checkWhole, type RawPage, readPages } from "./pageStream.ts";
import { damaged, unsupported } from "./parquetFileError.ts";
import { decodeRleHybrid } from "./rleHybrid.ts";

export interface DecodedPage {
  /** With nulls and empty lists. */
  readonly entryCount: number;
  /** One for each entry: 0 begins a row. Empty where nothing is repeated. */
  readonly repetitionLevels: Uint8Array;
  /** One for each entry; `definitionMax` where a value is. Empty where every entry has one. */
  readonly definitionLevels: Uint8Array;
  /** Of the entries that have one. */
  readonly values: Values;
}

export interface ColumnChunkPlace {
  readonly source: ByteSource;
  readonly range: ChunkRange;
  readonly metadata: ColumnMetaData;
  readonly leaf: Leaf;
}

/** Entries of one page: bounds what a run length of a few bytes may expand to. Writers stay below a million. */
const pageEntriesMax = 32 * 1024 * 1024;

/** The data pages of a column chunk, decoded. Together they have as many entries as the footer says. */
export async function* readColumnPages(place: ColumnChunkPlace): AsyncGenerator<DecodedPage> {
  const { source, range, metadata, leaf } = place;
  let dictionary: Values | undefined;
  let entriesLeft = Number(metadata.num_values);
  for await (const page of readPages(source, range)) {
    switch (page.header.type) {
      case "DICTIONARY_PAGE":
        dictionary = decodeDictionary(page, place);
        break;
      case "DATA_PAGE":
      case "DATA_PAGE_V2": {
        const decoded = decodePage({ page, metadata, leaf, dictionary, entriesMax: entriesLeft });
        entriesLeft -= decoded.entryCount;
        yield decoded;
        break;
      }
      case "INDEX_PAGE":
        break;
      default:
        throw damaged("has a page of an unknown kind");
    }
  }
  if (entriesLeft !== 0) throw damaged(`lacks ${entriesLeft} of its ${metadata.num_values} values`);
}

function decodeDictionary({ header, bytes }: RawPage, { metadata, leaf }: ColumnChunkPlace): Values {
  const count = header.dictionary_page_header?.num_values;
  if (count === undefined) throw damaged("has a dictionary without a header");
  checkWhole(count);
  if (!(count >= 0 && count <= pageEntriesMax)) throw damaged(`has a dictionary of ${count} entries`);
  return decodeValues({
    bytes: decompress(bytes, metadata.codec, header.uncompressed_page_size),
    encoding: "PLAIN",
    element: leaf.element,
    count,
    dictionary: undefined,
  });
}

interface PageToDecode {
  readonly page: RawPage;
  readonly metadata: ColumnMetaData;
  readonly leaf: Leaf;
  readonly dictionary: Values | undefined;
  readonly entriesMax: number;
}

function decodePage({ page, metadata, leaf, dictionary, entriesMax }: PageToDecode): DecodedPage {
  const { header } = page;
  const dataHeader = header.data_page_header_v2 ?? header.data_page_header;
  if (dataHeader === undefined) throw damaged("has a page without a header");
  const { num_values: entryCount, encoding } = dataHeader;
  checkWhole(entryCount);
  if (!(entryCount >= 0 && entryCount <= entriesMax)) {
    throw damaged(`has a page of ${entryCount} values where ${entriesMax} are left`);
  }
  if (entryCount > pageEntriesMax) {
    throw unsupported(`has a page of ${entryCount} values; at most ${pageEntriesMax} are read`);
  }
  const parts =
    "num_rows" in dataHeader
      ? splitPageV2(page, dataHeader, metadata)
      : splitPage(decompress(page.bytes, metadata.codec, header.uncompressed_page_size), dataHeader, leaf);
  const levels = { count: entryCount, isExact: "num_rows" in dataHeader };
  const repetitionLevels = decodeLevels({ ...levels, bytes: parts.repetition, levelMax: leaf.repetitionMax });
  const definitionLevels = decodeLevels({ ...levels, bytes: parts.definition, levelMax: leaf.definitionMax });
  const count = countOf(definitionLevels, leaf.definitionMax, entryCount);
  const values = decodeValues({ bytes: parts.values, encoding, element: leaf.element, count, dictionary });
  return {
    entryCount,
    repetitionLevels,
    definitionLevels: count === entryCount ? new Uint8Array(0) : definitionLevels,
    values,
  };
}

interface PageParts {
  readonly repetition: Uint8Array;
  readonly definition: Uint8Array;
  readonly values: Uint8Array;
}

/** Version 1: levels, each with its length in front, and values in one compressed block. */
function splitPage(bytes: Uint8Array, header: DataPageHeader, leaf: Leaf): PageParts {
  const none = bytes.subarray(0, 0);
  let rest = bytes;
  const takeLevels = (levelMax: number, encoding: string): Uint8Array => {
    if (levelMax === 0) return none;
    if (encoding !== "RLE") throw unsupported(`has levels encoded as ${encoding}, which are not read`);
    if (rest.length < 4) throw damaged("has a page without levels");
    const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0, true);
    if (length > rest.length - 4) throw damaged("has levels that are longer than their page");
    const levels = rest.subarray(4, 4 + length);
    rest = rest.subarray(4 + length);
    return levels;
  };
  const repetition = takeLevels(leaf.repetitionMax, header.repetition_level_encoding);
  const definition = takeLevels(leaf.definitionMax, header.definition_level_encoding);
  return { repetition, definition, values: rest };
}

/** Version 2: levels stay outside of the compression. */
function splitPageV2(
  { header, bytes }: { readonly header: PageHeader; readonly bytes: Uint8Array },
  headerV2: DataPageHeaderV2,
  { codec }: ColumnMetaData,
): PageParts {
  checkWhole(headerV2.repetition_levels_byte_length, headerV2.definition_levels_byte_length);
  const repetitionEnd = headerV2.repetition_levels_byte_length;
  const valuesStart = repetitionEnd + headerV2.definition_levels_byte_length;
  const valueBytes = header.uncompressed_page_size - valuesStart;
  if (
    !(repetitionEnd >= 0 && valuesStart >= repetitionEnd && valuesStart <= bytes.length && valueBytes >= 0)
  ) {
    throw damaged("has levels that are longer than their page");
  }
  const compressed = bytes.subarray(valuesStart);
  const isCompressed = headerV2.is_compressed !== false;
  return {
    repetition: bytes.subarray(0, repetitionEnd),
    definition: bytes.subarray(repetitionEnd, valuesStart),
    values: decompress(compressed, isCompressed ? codec : "UNCOMPRESSED", valueBytes),
  };
}

interface EncodedLevels {
  readonly bytes: Uint8Array;
  readonly levelMax: number;
  readonly count: number;
  /** Version 1 lets writers leave bytes behind, and DuckDB does. */
  readonly isExact: boolean;
}

function decodeLevels({ bytes, levelMax, count, isExact }: EncodedLevels): Uint8Array {
  if (levelMax === 0) {
    if (isExact && bytes.length > 0) throw damaged("has levels where its schema needs none");
    return bytes.subarray(0, 0);
  }
  const levels = new Uint8Array(count);
  const bytesRead = decodeRleHybrid(bytes, 32 - Math.clz32(levelMax), levels);
  if (isExact && bytesRead !== bytes.length)
    throw damaged("has levels that are shorter than their page says");
  return levels;
}

function countOf(definitionLevels: Uint8Array, definitionMax: number, entryCount: number): number {
  if (definitionMax === 0) return entryCount;
  let count = 0;
  let isInRange = true;
  for (let i = 0; i < definitionLevels.length; i++) {
    const level = definitionLevels[i]!;
    if (level === definitionMax) count += 1;
    else if (level > definitionMax) isInRange = false;
  }
  if (!isInRange) throw damaged("has a level beyond its schema");
  return count;
}
