import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { type FoundDamage, failedPrecondition, unavailable } from "@akidb/base";
import { decodeSealedJson, encodeSealedJson, nodeDisk } from "@akidb/engine";

const fileName = "default-model.json";
const formatVersion = 1;

/** Which model embeds for what names none, where it is not that of `[embedding]`: the name alone, in a file of the data directory. */
export class ModelChoice {
  /** Undefined where none was ever chosen, and where {@link ModelChoice.damage} says why it is not known. */
  readonly name: string | undefined;
  readonly damage: FoundDamage | undefined;
  readonly #directory: string;

  /**
   * @param directory the data directory, which this process has to itself
   * @throws AkiDbError `failed_precondition` where a newer AkiDB wrote it
   */
  constructor(directory: string) {
    this.#directory = directory;
    const bytes = bytesOf(join(directory, fileName));
    if (bytes === undefined) return;
    const fields = decodeSealedJson(bytes) as { format?: unknown; model?: unknown } | undefined;
    const { format, model } = fields ?? {};
    if (typeof format === "number" && format > formatVersion) {
      throw failedPrecondition(`${fileName} has the format ${format}: a newer AkiDB wrote it`);
    }
    if (format === formatVersion && typeof model === "string") this.name = model;
    else this.damage = damageOf();
  }

  /** Durable when it resolves; one write at a time. Rejects with `unavailable`. */
  async write(model: string): Promise<void> {
    const path = join(this.#directory, fileName);
    const draftPath = `${path}.tmp`;
    try {
      const draft = await open(draftPath, "w", 0o600);
      try {
        await draft.writeFile(encodeSealedJson({ format: formatVersion, model }));
        await draft.sync();
      } finally {
        await draft.close();
      }
      await rename(draftPath, path);
      await nodeDisk.syncDirectory(this.#directory);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw unavailable(`the choice of the model cannot be written (${code})`, { cause: error });
    }
  }
}

function bytesOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw failedPrecondition(`${fileName} cannot be read (${code})`);
  }
}

const damageOf = (): FoundDamage => ({
  collectionId: null,
  collection: null,
  file: fileName,
  problem: "is not what was written",
  loss: "some",
  effect:
    "which model embeds for new collections was chosen once, and is not known any more: that of [embedding] does",
  remedy: "akidb model switch chooses anew",
});
