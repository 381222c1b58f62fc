interface FilePart {
  readonly data: Uint8Array;
}

/** A file from its parts, each fetched when the one before is read. */
export function fileOf(
  first: FilePart | undefined,
  rest: AsyncGenerator<FilePart, void, undefined>,
): ReadableStream<Uint8Array> {
  let pending = first;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const part = pending ?? (await rest.next()).value;
        pending = undefined;
        if (part === undefined) controller.close();
        else controller.enqueue(part.data);
      },
      cancel: async () => {
        await rest.return();
      },
    },
    { highWaterMark: 0 },
  );
}
