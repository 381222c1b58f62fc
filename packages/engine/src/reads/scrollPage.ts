import { type Deadline, type Document, type DocumentId, type Include, limits } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { Filter } from "../filter/filter.ts";
import { AnswerSize } from "./answerSize.ts";
import { describeWhole } from "./describeDocument.ts";
import { idsInOrder } from "./idsInOrder.ts";
import { passesFilter } from "./passesFilter.ts";
import { ReadMoment } from "./readMoment.ts";
import { Turns } from "./turns.ts";

export interface ScrollRequest {
  /** Every document if undefined. */
  readonly filter: Filter | undefined;
  /** Of the page before; from the first document on if undefined. */
  readonly after: DocumentId | undefined;
  readonly limit: number;
  readonly include: readonly Include[];
}

export interface ScrolledPage {
  /** In the order of their ids. */
  readonly documents: readonly Document[];
  /** Where the next page begins; undefined where this is the last one. */
  readonly after: DocumentId | undefined;
  /** Whether it ended because of the size of its documents. */
  readonly isCut: boolean;
}

/** Documents read between two turns of the event loop: a millisecond or two. */
const documentsPerSlice = 100;

/**
 * The next documents in the order of their ids. An id never changes, so pages that begin behind the last id of the one
 * before miss nothing that was there all the time and repeat nothing, whatever is written in between. Each document is as
 * it is when it is read, and passes the filter then; a page may have fewer than `limit` and yet not be the last.
 *
 * @param state the one that is served at the moment of a call
 * @throws what the deadline throws; AkiDbError where a document cannot be read
 */
export async function scrollPage(
  state: () => AppliedState,
  { filter, after, limit, include }: ScrollRequest,
  deadline: Deadline,
): Promise<ScrolledPage> {
  const ids = await nextIds(state, { filter, after, count: limit + 1 }, deadline);
  const documents: Document[] = [];
  const size = new AnswerSize();
  const turns = new Turns(documentsPerSlice, deadline);
  for (const id of ids.slice(0, limit)) {
    const { index, rows } = state();
    const document = state().find(id);
    if (document !== undefined && (filter === undefined || passesFilter(document, filter))) {
      const described = describeWhole({ document, vector: () => index.vectorOf(rows.rowOf(id)!) }, include);
      const isTooMuch = size.add(document, described) > limits.answerBytesMax;
      if (isTooMuch && documents.length > 0)
        return { documents, after: documents.at(-1)!.id as DocumentId, isCut: true };
      documents.push(described);
    }
    if (turns.isDue()) await turns.next();
  }
  return { documents, after: ids.length > limit ? ids[limit - 1] : undefined, isCut: false };
}

interface NextIds extends Pick<ScrollRequest, "filter" | "after"> {
  readonly count: number;
}

async function nextIds(
  state: () => AppliedState,
  { filter, after, count }: NextIds,
  deadline: Deadline,
): Promise<readonly DocumentId[]> {
  using moment =
    filter === undefined ? ReadMoment.now(state()) : await ReadMoment.withPayload(state, deadline);
  const { rowCount } = moment.state.rows;
  const rows = filter && (await moment.livingRows(filter, deadline));
  return await idsInOrder({ moment, after, count, rows, rowCount, deadline });
}
