import type { Catalog, ModelRecord } from "@akidb/catalog";
import type { EmbeddingModel } from "@akidb/embedding";
import type { ServedModels } from "./servedModels.ts";

/** Writes down every model that is used, once. */
export class ModelRegistry {
  readonly #catalog: Pick<Catalog, "models">;
  readonly #served: Pick<ServedModels, "kindOf">;
  /** As many as there are models and dimensions that somebody asked for. */
  readonly #registered = new Map<string, Promise<ModelRecord>>();

  constructor(catalog: Pick<Catalog, "models">, served: Pick<ServedModels, "kindOf">) {
    this.#catalog = catalog;
    this.#served = served;
  }

  /** What was registered last by a name, and need not be asked again for that; undefined where nothing was. */
  async lastSeen(name: string): Promise<ModelRecord | undefined> {
    let last: ModelRecord | undefined;
    let cursor: string | undefined;
    do {
      const page = await this.#catalog.models.list(cursor === undefined ? {} : { cursor });
      last = page.items.findLast((model) => model.name === name) ?? last;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return last;
  }

  /** Rejects with `unavailable` where the catalog cannot be written. */
  async register({ name, dimension, maxTokens, fingerprint }: EmbeddingModel): Promise<ModelRecord> {
    const key = JSON.stringify([name, fingerprint]);
    const known = this.#registered.get(key);
    if (known !== undefined) return await known;
    const provider = this.#served.kindOf(name);
    const registering = this.#catalog.models.register({
      name,
      provider,
      dimension,
      maxTokens: maxTokens ?? null,
      fingerprint,
    });
    this.#registered.set(key, registering);
    registering.catch(() => this.#registered.delete(key));
    return await registering;
  }
}
