/** Works off the items in their order, so many at a time. */
export async function inParallel<Item>(
  laneCount: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(laneCount, items.length) }, lane));
}
