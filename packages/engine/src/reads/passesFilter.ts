import { decodeMetadata } from "../collection/metadata.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";
import type { Filter } from "../filter/filter.ts";
import { matchesFilter } from "../filter/matchesFilter.ts";

/** By the document's own word. */
export const passesFilter = ({ metadata }: ResolvedDocument, filter: Filter): boolean =>
  matchesFilter(metadata === undefined ? {} : decodeMetadata(metadata), filter);
