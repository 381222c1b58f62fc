/** A server that has models, laid out as on the Hugging Face hub. */
export interface ModelHub {
  /** For messages: its host. */
  readonly name: string;
  /**
   * The model's files as they are in a revision.
   *
   * @throws AkiDbError `not_found`, `permission_denied`, `unavailable`; with `retryAfterMs` where it may pass
   */
  describe(id: string, revision: string): Promise<HubModel>;
  /**
   * One file, from a byte on; where it cannot begin there it begins at 0.
   *
   * @throws AkiDbError as `describe`; the chunks, too, where the connection is cut or silent
   */
  download(model: HubModel, file: HubFile, fromByte: number): Promise<Download>;
}

export interface HubModel {
  readonly id: string;
  /** Of the revision. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly checksum: Checksum;
}

/** Large files have the SHA-256 of their content, others what git calls them by. */
export interface Checksum {
  readonly kind: "sha256" | "git";
  readonly hex: string;
}

export interface Download {
  readonly fromByte: number;
  /** May be iterated once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}
