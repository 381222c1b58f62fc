import type { OptionSpec, OptionValue } from "./optionSpec.ts";
import type { optionTable } from "./optionTable.ts";

type Table = typeof optionTable;

type CamelCase<Name extends string> = Name extends
  | `${infer Head}_${infer Tail}`
  | `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type SectionConfig<Options> = {
  readonly [Key in keyof Options & string as CamelCase<Key>]: Options[Key] extends OptionSpec
    ? OptionValue<Options[Key]>
    : never;
};

/** Every option's value: `server.rest_port` of the table is `config.server.restPort`, `embedding.next.url` `config.embeddingNext.url`. */
export type Config = {
  readonly [Section in keyof Table & string as CamelCase<Section>]: SectionConfig<Table[Section]["options"]>;
};

/** Where in a `Config` an option of the table is. */
export const camelCase = (name: string): string =>
  name.replaceAll(/[_.](.)/g, (_, letter: string) => letter.toUpperCase());
