import type { Deadline } from "./deadline.ts";

/** What the promise gives, or what the deadline throws where that comes first; the promise goes on. */
export function orAborted<T>(promise: Promise<T>, { signal, check }: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      try {
        check();
      } catch (error) {
        reject(error);
      }
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
