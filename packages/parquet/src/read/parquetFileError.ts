import { AkiDbError } from "@akidb/base";

/**
 * What is wrong with a file:
 *
 * * `damaged`: it is not what was written, or no Parquet file;
 * * `unsupported`: sound, but with types, encodings or codecs that are not read here, or of a newer version;
 * * `invalid`: sound, but its contents cannot be documents.
 */
export type ParquetProblem = "damaged" | "unsupported" | "invalid";

/** `invalid_argument`: `documents.parquet: column vector: row 17 holds a NaN`. */
export class ParquetFileError extends AkiDbError {
  readonly problem: ParquetProblem;
  /** As the caller named it. */
  readonly file: string;
  readonly column: string | undefined;

  constructor(
    place: { readonly file: string; readonly column?: string | undefined },
    problem: ParquetProblem,
    detail: string,
    cause?: unknown,
  ) {
    const { file, column } = place;
    super("invalid_argument", `${file}: ${column === undefined ? "" : `column ${column}: `}${detail}`, {
      violations: [{ path: column ?? "", detail }],
      cause,
    });
    this.name = "ParquetFileError";
    this.problem = problem;
    this.file = file;
    this.column = column;
  }
}

/** A problem found where neither file nor column are known; {@link inFile} adds them. */
export class ParquetFault extends Error {
  override readonly name = "ParquetFault";
  readonly problem: ParquetProblem;

  constructor(problem: ParquetProblem, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

export const damaged = (detail: string): ParquetFault => new ParquetFault("damaged", detail);
export const unsupported = (detail: string): ParquetFault => new ParquetFault("unsupported", detail);
export const invalid = (detail: string): ParquetFault => new ParquetFault("invalid", detail);

/** The source's own failure, which says nothing about the file. */
export class SourceFailure extends Error {
  override readonly name = "SourceFailure";
}

/**
 * What to throw for an error of decoding. Bytes that mislead a decoder make it throw whatever its language throws (a
 * RangeError of a view, say); all of that means damage.
 */
export function inFile(place: { readonly file: string; readonly column?: string }, error: unknown): unknown {
  if (error instanceof SourceFailure) return error.cause;
  if (error instanceof AkiDbError) return error;
  if (error instanceof ParquetFault) return new ParquetFileError(place, error.problem, error.message);
  return new ParquetFileError(place, "damaged", "cannot be decoded", error);
}
