const batchItemsMax = 1_000;
/** In UTF-8 still well below the limit of a request's body. */
const batchCharactersMax = 8 * 1024 * 1024;

/** Parts of a list in its order, each small enough for one request; an item that is too large is alone in its part. */
export function* batchesOf<Item>(
  items: readonly Item[],
  charactersOf: (item: Item) => number,
): Generator<{ readonly from: number; readonly batch: readonly Item[] }, void, undefined> {
  let from = 0;
  let characters = 0;
  for (let at = 0; at < items.length; at++) {
    const more = charactersOf(items[at]!);
    const isFull = at - from === batchItemsMax || (at > from && characters + more > batchCharactersMax);
    if (isFull) {
      yield { from, batch: items.slice(from, at) };
      from = at;
      characters = 0;
    }
    characters += more;
  }
  if (from < items.length) yield { from, batch: items.slice(from) };
}
