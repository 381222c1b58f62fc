import { readFileSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { assertNever, type FileDamage, type FoundDamage, failedPrecondition, unavailable } from "@akidb/base";
import { decodeSealedJson, encodeSealedJson, nodeDisk } from "@akidb/engine";

export const modelChoiceFileName = "default-model.json";
const formatVersion = 1;

export type ModelChoiceReading =
  | { readonly kind: "none" }
  | { readonly kind: "chosen"; readonly name: string }
  | { readonly kind: "damaged"; readonly damage: FileDamage }
  | { readonly kind: "newer"; readonly format: number };

/** @throws AkiDbError `failed_precondition` where it cannot be read */
export function readModelChoice(directory: string): ModelChoiceReading {
  const bytes = bytesOf(join(directory, modelChoiceFileName));
  if (bytes === undefined) return { kind: "none" };
  const fields = decodeSealedJson(bytes) as { format?: unknown; model?: unknown } | undefined;
  const { format, model } = fields ?? {};
  if (typeof format === "number" && format > formatVersion) return { kind: "newer", format };
  if (format === formatVersion && typeof model === "string") return { kind: "chosen", name: model };
  return { kind: "damaged", damage: damage() };
}

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
    // Of a choice that a crash ended.
    rmSync(join(directory, `${modelChoiceFileName}.tmp`), { force: true });
    const reading = readModelChoice(directory);
    switch (reading.kind) {
      case "newer":
        throw failedPrecondition(
          `${modelChoiceFileName} has the format ${reading.format}: a newer AkiDB wrote it`,
        );
      case "chosen":
        this.name = reading.name;
        break;
      case "damaged":
        this.damage = { ...reading.damage, collectionId: null, collection: null };
        break;
      case "none":
        break;
      default:
        assertNever(reading);
    }
  }

  /** Durable when it resolves; one write at a time. Rejects with `unavailable`. */
  async write(model: string): Promise<void> {
    const path = join(this.#directory, modelChoiceFileName);
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
    throw failedPrecondition(`${modelChoiceFileName} cannot be read (${code})`);
  }
}

const damage = (): FileDamage => ({
  file: modelChoiceFileName,
  problem: "is not what was written",
  loss: "some",
  effect:
    "which model embeds for new collections was chosen once, and is not known any more: that of [embedding] does",
  remedy: "akidb model switch chooses anew",
});
