import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failedPrecondition } from "@akidb/base";
import type { HubFile, HubModel } from "../modelPull/modelHub.ts";
import type { IncomingFile, IncomingModel, ModelStore } from "../modelPull/modelStore.ts";

/** No model's name begins with a dot. */
const incomingFolder = ".incoming";

/**
 * Models in a folder. One on its way is in `.incoming`, under its name and commit: finished files under their names, another
 * one with `.part` behind it.
 */
export const modelFolders = (modelDir: string): ModelStore => ({
  pathOf: (id) => join(modelDir, id),
  has: (id) => existsSync(join(modelDir, id)),
  hasModel: (id) => existsSync(join(modelDir, id, "tokenizer.json")),
  remove: (id) => removeModel(modelDir, id),
  openIncoming: async (model) => {
    const folder = join(modelDir, incomingFolder, `${nameOf(model.id)}@${model.commit}`);
    await mkdir(folder, { recursive: true }).catch(rethrow(folder));
    return incomingModel(modelDir, folder, model);
  },
});

const nameOf = (id: string): string => id.replaceAll("/", "--");

/** Half of a model would be taken for one. */
async function removeModel(modelDir: string, id: string): Promise<void> {
  const folder = join(modelDir, id);
  const removed = join(modelDir, incomingFolder, `${nameOf(id)}.removed`);
  try {
    await mkdir(dirname(removed), { recursive: true });
    await rm(removed, { recursive: true, force: true });
    await rename(folder, removed);
    await syncFolder(dirname(folder));
    await rm(removed, { recursive: true, force: true });
  } catch (error) {
    rethrow(folder)(error);
  }
}

const incomingModel = (modelDir: string, folder: string, { id }: HubModel): IncomingModel => ({
  hasFile: async ({ path, sizeBytes }) => (await sizeOf(join(folder, path))) === sizeBytes,
  openFile: (file) => openIncomingFile(join(folder, file.path), file),
  finish: async (files) => {
    await removeOthers(folder, files);
    const target = join(modelDir, id);
    const replaced = join(modelDir, incomingFolder, `${nameOf(id)}.replaced`);
    try {
      await mkdir(dirname(target), { recursive: true });
      await rm(replaced, { recursive: true, force: true });
      if (existsSync(target)) await rename(target, replaced);
      await rename(folder, target);
      await syncFolder(dirname(target));
      await rm(replaced, { recursive: true, force: true });
      await removeOlder(join(modelDir, incomingFolder), id);
    } catch (error) {
      rethrow(target)(error);
    }
  },
});

async function openIncomingFile(path: string, { checksum, sizeBytes }: HubFile): Promise<IncomingFile> {
  const part = `${path}.part`;
  const fail = rethrow(part);
  const freshHash = (): Hash =>
    checksum.kind === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${sizeBytes}\0`);
  await mkdir(dirname(part), { recursive: true }).catch(fail);
  const file: FileHandle = await open(part, "a").catch(fail);
  let hash = freshHash();
  let size = 0;
  for await (const chunk of createReadStream(part)) {
    hash.update(chunk);
    size += chunk.length;
  }
  const restart = async (): Promise<void> => {
    await file.truncate(0).catch(fail);
    hash = freshHash();
    size = 0;
  };
  return {
    get sizeBytes() {
      return size;
    },
    write: async (bytes) => {
      await file.writeFile(bytes).catch(fail);
      hash.update(bytes);
      size += bytes.length;
    },
    restart,
    finish: async () => {
      if (hash.copy().digest("hex") !== checksum.hex) {
        await restart();
        return false;
      }
      await file.sync().catch(fail);
      await rename(part, path).catch(fail);
      return true;
    },
    close: () => file.close(),
  };
}

/** Of an earlier attempt, which wanted others. */
async function removeOthers(folder: string, files: readonly HubFile[]): Promise<void> {
  const kept = new Set(files.map(({ path }) => join(folder, path)));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(path)) await rm(path);
  }
}

/** What was left of other commits of the model. */
async function removeOlder(incoming: string, id: string): Promise<void> {
  const names = await readdir(incoming);
  for (const name of names.filter((each) => each.startsWith(`${nameOf(id)}@`))) {
    await rm(join(incoming, name), { recursive: true, force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
}

const sizeOf = async (path: string): Promise<number | undefined> =>
  await stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

const rethrow =
  (path: string) =>
  (error: unknown): never => {
    const { code = "" } = error as NodeJS.ErrnoException;
    const reason = code === "ENOSPC" ? "there is no room left" : code;
    throw failedPrecondition(`${JSON.stringify(path)} cannot be written: ${reason}`);
  };
