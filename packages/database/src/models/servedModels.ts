import { failedPrecondition, invalidArgument, isAkiDbError } from "@akidb/base";
import type { EmbeddingModel, EmbeddingProviderKind, EmbedOptions } from "@akidb/embedding";
import { ignoreOutage, type ServedProvider, type ServedState } from "./servedProvider.ts";

/** One model among all others, of whatever server. */
export type ModelIdentity = Pick<EmbeddingModel, "name" | "fingerprint" | "dimension">;

export type ServedModelState = ServedState & { readonly model: string; readonly isDefault: boolean };

/**
 * The models that the configuration has, under a name each: one of them embeds for collections and requests that name none, and each for
 * the collections that are pinned to it.
 */
export class ServedModels {
  readonly #providers: readonly ServedProvider[];
  #default: ServedProvider;

  /** @param providers at least one, each with another name; the first is the default one */
  constructor(providers: readonly [ServedProvider, ...ServedProvider[]]) {
    this.#providers = providers;
    this.#default = providers[0];
  }

  /** The default one first. */
  get providers(): readonly ServedProvider[] {
    return this.#providers.toSorted((a, b) => Number(b === this.#default) - Number(a === this.#default));
  }

  get default(): ServedProvider {
    return this.#default;
  }

  /** What {@link ServedModels.model} takes; the default model first. */
  get modelNames(): readonly string[] {
    return this.providers.map(({ name }) => name);
  }

  find(name: string): ServedProvider | undefined {
    return this.#providers.find((provider) => provider.name === name);
  }

  get states(): readonly ServedModelState[] {
    return this.providers.map((provider) => ({
      model: provider.name,
      isDefault: provider === this.#default,
      ...provider.state,
    }));
  }

  /** What has the model of this name, or would say what is wrong with it. */
  kindOf(name: string): EmbeddingProviderKind {
    return (this.find(name) ?? this.#default).kind;
  }

  /**
   * @param name that of the default model if absent
   * @param dimension the model's own if absent
   *
   * Rejects as the provider does: with `invalid_argument` for a name that no model has, or a dimension that it cannot give, and with
   * `unavailable` where it cannot be asked.
   */
  async model(name?: string, dimension?: number, options?: EmbedOptions): Promise<EmbeddingModel> {
    const provider = name === undefined ? this.#default : this.find(name);
    if (provider !== undefined) return await provider.model(name, dimension, options);
    if (this.#providers.length === 1) return await this.#default.model(name, dimension, options);
    const known = this.modelNames.join(", ");
    throw invalidArgument("model", `${JSON.stringify(name)} is not known; the models are: ${known}`);
  }

  /** Those that answer now, the default one first; of the others none is waited for that loads or is away. */
  async answering(options?: EmbedOptions): Promise<readonly EmbeddingModel[]> {
    const asked = this.providers.map(async (provider) => {
      if (provider !== this.#default && !provider.isAnswering) return undefined;
      try {
        return await provider.described(options);
      } catch (error) {
        if (isAkiDbError(error) && error.code === "unavailable") return undefined;
        throw error;
      }
    });
    return (await Promise.all(asked)).filter((model) => model !== undefined);
  }

  /**
   * The very model of this fingerprint. Rejects with `failed_precondition` where the server has another one by its name, or none, and
   * with `unavailable` where it cannot be asked.
   */
  async pinned(
    { name, fingerprint, dimension }: ModelIdentity,
    options?: EmbedOptions,
  ): Promise<EmbeddingModel> {
    let found: string | undefined;
    try {
      const model = await this.model(name, dimension, options);
      if (model.fingerprint === fingerprint) return model;
      found = model.fingerprint;
    } catch (error) {
      if (!isAkiDbError(error) || error.code !== "invalid_argument") throw error;
    }
    const instead = found === undefined ? "no model of this name and dimension" : found;
    throw failedPrecondition(
      `the server does not have the model ${JSON.stringify(name)} with the fingerprint ${fingerprint}: it has ${instead}`,
    );
  }

  /**
   * Rejects where there can be no such model. That a server or a program is away is no reason not to open: what brings vectors is served,
   * and it is asked again meanwhile.
   */
  async begin(): Promise<void> {
    for (const provider of this.#providers) {
      if (!provider.mayBeAway) await provider.model();
      else if (provider === this.#default) void provider.model().catch(ignoreOutage);
      else void provider.warm().catch(ignoreOutage);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#providers.map((provider) => provider.close()));
  }
}
