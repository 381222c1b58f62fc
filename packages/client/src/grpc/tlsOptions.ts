/** PEM, as files have it. */
export interface TlsOptions {
  /** Who may have signed the server's certificate; those that Node trusts if absent. */
  readonly ca?: string | Uint8Array | undefined;
  /** What the client shows for itself, where a proxy before the server asks for it. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}
