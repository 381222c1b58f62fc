/** Of what is above a new measurement, so much is forgotten with it. */
const forgottenShare = 1 / 8;

/**
 * Of the resident set, what is not the data of collections: code, stacks, V8's heap with its garbage, buffers of requests, what
 * allocators keep. It rises at once and falls slowly, since garbage that was collected is soon there again.
 */
export class MemoryOverhead {
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param dataBytes what collections take, with those closed whose memory is not back yet
   * @param comingBytes of collections that are being opened: any part of it may be in memory already
   */
  observe(residentBytes: number, dataBytes: number, comingBytes: number): void {
    const most = residentBytes - dataBytes;
    const least = most - comingBytes;
    if (least > this.#bytes) this.#bytes = least;
    else if (most < this.#bytes) this.#bytes -= (this.#bytes - most) * forgottenShare;
  }
}
