/** Well within the 4 MiB of a message that clients take, and large enough for a message to cost nothing beside its bytes. */
const partBytesMax = 256 * 1024;

/** A file, part by part, each when it is asked for. */
export async function* partsOf(file: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of file) {
    for (let at = 0; at < chunk.length; at += partBytesMax) yield chunk.subarray(at, at + partBytesMax);
  }
}
