interface Described {
  /** One sentence without its full stop; the default, the unit and the range are added from the other fields. */
  readonly help: string;
  /** Environment variables besides `AKIDB_<SECTION>_<KEY>`. */
  readonly shortEnv?: readonly string[];
  /** Flags besides `--<section>-<key>`; help shows the first. */
  readonly shortFlags?: readonly string[];
  /**
   * Never shown, in no complaint either, and given by file or environment alone: everyone on the machine can read the
   * flags of a process.
   */
  readonly isSecret?: boolean;
}

export interface BooleanOption extends Described {
  readonly type: "boolean";
  readonly default: boolean;
}

export type Unit = "bytes" | "milliseconds" | "seconds" | "days";

export interface IntegerOption extends Described {
  readonly type: "integer";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: Unit;
}

export interface NumberOption extends Described {
  readonly type: "number";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface EnumOption extends Described {
  readonly type: "enum";
  readonly values: readonly string[];
  readonly default: string;
  /** Taken instead of `default` where the output is a terminal. */
  readonly defaultOnTerminal?: string;
}

export interface StringOption extends Described {
  readonly type: "string";
  readonly default: string;
  readonly placeholder: string;
}

/** May be absent; the empty string says so, too. */
export interface OptionalStringOption extends Described {
  readonly type: "optional string";
  /** What holds then, as documentation words it. */
  readonly whenAbsent: string;
  readonly placeholder: string;
}

/** May be absent; the empty list says so, too. Variables and flags have it as a JSON array. */
export interface OptionalListOption extends Described {
  readonly type: "optional list";
  /** What holds then, as documentation words it. */
  readonly whenAbsent: string;
  readonly placeholder: string;
}

/** A relative path starts at the working directory. */
export interface PathOption extends Described {
  readonly type: "path";
  readonly default: string;
  readonly placeholder: string;
}

export type OptionSpec =
  | BooleanOption
  | IntegerOption
  | NumberOption
  | EnumOption
  | StringOption
  | OptionalStringOption
  | OptionalListOption
  | PathOption;

export interface SectionSpec {
  readonly title: string;
  readonly options: { readonly [key: string]: OptionSpec };
}

/** What the value of an option is in the program. */
export type OptionValue<Spec extends OptionSpec = OptionSpec> = Spec extends BooleanOption
  ? boolean
  : Spec extends IntegerOption | NumberOption
    ? number
    : Spec extends EnumOption
      ? Spec["values"][number]
      : Spec extends OptionalStringOption
        ? string | undefined
        : Spec extends OptionalListOption
          ? readonly string[] | undefined
          : string;
