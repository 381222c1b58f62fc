import { type ErrorCode, failedPrecondition, invalidArgument, isAkiDbError } from "@akidb/base";
import type { EmbeddingModel, EmbeddingProviderKind, EmbedOptions } from "@akidb/embedding";
import { Lanes } from "../lanes.ts";
import { ignoreOutage, type ServedProvider, type ServedState } from "./servedProvider.ts";

/** One model among all others, of whatever server. */
export type ModelIdentity = Pick<EmbeddingModel, "name" | "fingerprint" | "dimension">;

/** It cannot be asked, or has not answered as long as somebody would wait. */
export const isAway = (code: ErrorCode): boolean => code === "unavailable" || code === "deadline_exceeded";

/** What {@link ServedModels.switchTo} has chosen, kept beyond this process. */
export interface KeptChoice {
  readonly name: string | undefined;
  write(name: string): Promise<void>;
}

export type ServedModelState = ServedState & { readonly model: string; readonly isDefault: boolean };

/**
 * The models that the configuration has, under a name each: one of them embeds for collections and requests that name none, and each for
 * the collections that are pinned to it.
 */
export class ServedModels {
  readonly #providers: readonly ServedProvider[];
  readonly #choice: KeptChoice | undefined;
  readonly #switches = new Lanes<"switch">();
  #default: ServedProvider;
  #chosen: string | undefined;
  /** Those that were switched away from, and how often they had been asked when they were last looked at, if they were. */
  readonly #retired = new Map<ServedProvider, number | undefined>();

  /**
   * @param providers at least one, each with another name; the first is the default one unless another was chosen
   * @param choice of a model that none of them has, it waits for a configuration that has it
   */
  constructor(providers: readonly [ServedProvider, ...ServedProvider[]], choice?: KeptChoice) {
    const [first] = providers;
    this.#providers = providers;
    this.#choice = choice;
    this.#chosen = choice?.name;
    this.#default = providers.find(({ name }) => name === choice?.name) ?? first;
    // The other one is what it was switched from, and not loaded again for nobody.
    if (this.#default !== first) this.#retired.set(first, undefined);
  }

  /** The default one first. */
  get providers(): readonly ServedProvider[] {
    return this.#providers.toSorted((a, b) => Number(b === this.#default) - Number(a === this.#default));
  }

  get default(): ServedProvider {
    return this.#default;
  }

  /** The name that was chosen last, whether the configuration has it or not; undefined where none ever was. */
  get chosen(): string | undefined {
    return this.#chosen;
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
    // The only one says itself what is wrong with the name, and with the dimension.
    const asked = provider ?? (this.#providers.length === 1 ? this.#default : undefined);
    if (asked === undefined) throw this.#unknown(name ?? "");
    return await asked.model(name, dimension, options);
  }

  /**
   * Those that answer now, the default one first, for as long as the signal lets it be waited for; of the others none is waited for that
   * loads or is away, and none is loaded for this.
   */
  async answering(options?: EmbedOptions): Promise<readonly EmbeddingModel[]> {
    const asked = this.providers.map(async (provider) => {
      if (provider !== this.#default) {
        if (provider.state.status !== "ready") return undefined;
        if (provider.known !== undefined) return provider.known;
      }
      try {
        return await provider.model(undefined, undefined, options);
      } catch (error) {
        if (isAkiDbError(error) && isAway(error.code)) return undefined;
        throw error;
      }
    });
    return (await Promise.all(asked)).filter((model) => model !== undefined);
  }

  /** Those that their next text loads. */
  get unloaded(): readonly ServedProvider[] {
    return this.providers.filter(({ state }) => state.status === "unloaded");
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
      else if (!this.#retired.has(provider)) void provider.warm().catch(ignoreOutage);
    }
  }

  /** Of those that were switched away from, the ones that collections need. */
  loadNeeded(isNeeded: (name: string) => boolean): void {
    for (const provider of this.#retired.keys()) {
      if (provider.mayBeAway && isNeeded(provider.name)) void provider.model().catch(ignoreOutage);
    }
  }

  /**
   * Loads the model and embeds a text with it; then it is the default one, until another one is chosen, beyond a restart. What asked the
   * one before is answered by that.
   *
   * Rejects with `invalid_argument` for a name that no model has, and as the provider, and nothing has changed then.
   */
  async switchTo(name: string, options?: EmbedOptions): Promise<void> {
    const provider = this.find(name);
    if (provider === undefined) throw this.#unknown(name);
    await provider.warm(options);
    await this.#switches.run("switch", async () => {
      await this.#choice?.write(name);
      this.#chosen = name;
      if (provider === this.#default) return;
      this.#retired.delete(provider);
      this.#retired.set(this.#default, undefined);
      this.#default = provider;
    });
  }

  /**
   * Of those that were switched away from: what no collection needs, and nobody has asked since the last time. To be called from time
   * to time: whoever has a model, and has not asked it yet, finds it loaded.
   */
  async unloadUnneeded(isNeeded: (name: string) => boolean): Promise<void> {
    for (const [provider, callsBefore] of this.#retired) {
      const { callCount } = provider;
      this.#retired.set(provider, callCount);
      if (callCount !== callsBefore || provider.isInUse || isNeeded(provider.name)) continue;
      if (provider.state.status !== "unloaded") await provider.unload();
    }
  }

  async close(): Promise<void> {
    await this.#switches.idle();
    await Promise.all(this.#providers.map((provider) => provider.close()));
  }

  #unknown(name: string): Error {
    const known = this.modelNames.join(", ");
    return invalidArgument("model", `${JSON.stringify(name)} is not known; the models are: ${known}`);
  }
}
