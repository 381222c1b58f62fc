import { TextConnection } from "./textConnection.ts";

/** Idle ones, which keep their pages in memory, of all files together. */
const idleMax = 8;

/** Connections that were used lately, to be used again: opening one takes longer than most searches. */
export class TextConnections {
  /** The one used last is the last. */
  readonly #idle: { readonly path: string; readonly connection: TextConnection }[] = [];

  take(path: string, name: string): TextConnection {
    const at = this.#idle.findLastIndex((idle) => idle.path === path);
    return at === -1 ? new TextConnection(path, name) : this.#idle.splice(at, 1)[0]!.connection;
  }

  giveBack(path: string, connection: TextConnection): void {
    try {
      connection.end();
    } catch {
      connection.close();
      return;
    }
    this.#idle.push({ path, connection });
    if (this.#idle.length > idleMax) this.#idle.shift()?.connection.close();
  }

  /** The file is to be closed, and may be replaced by another. */
  forget(path: string): void {
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      if (this.#idle[at]!.path === path) this.#idle.splice(at, 1)[0]!.connection.close();
    }
  }
}
