import type { Catalog, ModelRecord } from "@akidb/catalog";
import type { EmbeddingModel, EmbeddingProviderKind } from "@akidb/embedding";

/** Writes down every model that is used, once. */
export class ModelRegistry {
  readonly #catalog: Pick<Catalog, "models">;
  readonly #provider: EmbeddingProviderKind;
  /** As many as there are models and dimensions that somebody asked for. */
  readonly #registered = new Map<string, Promise<ModelRecord>>();

  constructor(catalog: Pick<Catalog, "models">, provider: EmbeddingProviderKind) {
    this.#catalog = catalog;
    this.#provider = provider;
  }

  /** Rejects with `unavailable` where the catalog cannot be written. */
  async register({ name, dimension, maxTokens, fingerprint }: EmbeddingModel): Promise<ModelRecord> {
    const key = JSON.stringify([name, fingerprint]);
    const known = this.#registered.get(key);
    if (known !== undefined) return await known;
    const provider = this.#provider;
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
