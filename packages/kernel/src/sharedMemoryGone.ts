/** More says no more. */
const standInBytesMax = 256 * 1024 * 1024;
/** Less is not worth a collection. */
const bytesMin = 1024 * 1024;

let uncollectedBytes = 0;
const collected = new FinalizationRegistry<number>((bytes) => {
  uncollectedBytes -= bytes;
});

/**
 * To be called by each thread when it has let go of shared memory. V8 counts what plain buffers take when it decides whether
 * garbage is worth collecting, but not what shared ones do (`BackingStore::PerIsolateAccountingLength`), and a WebAssembly
 * memory is freed by nothing else: closed segments would stay for as long as nothing else makes garbage, gigabytes of them.
 *
 * @param owner what holds the memory, and is held by nothing any more
 */
export function sharedMemoryGone(owner: object, bytes: number): void {
  if (bytes < bytesMin) return;
  uncollectedBytes += bytes;
  collected.register(owner, bytes);
  urgeCollection();
}

/** What this thread has let go of, and V8 has not collected yet. */
export const uncollectedSharedBytes = (): number => uncollectedBytes;

/**
 * Makes V8 begin to collect garbage where it is much, or go on with it for some 5 to 10 ms: a plain buffer that nobody keeps
 * stands in for all that this thread has let go of. Its pages are never written and take no memory.
 */
export function urgeCollection(): void {
  try {
    new ArrayBuffer(Math.min(uncollectedBytes, standInBytesMax));
  } catch {
    // There are no addresses left: V8 has collected what it could before it said so.
  }
}
