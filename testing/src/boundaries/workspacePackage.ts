import { posix } from "node:path";

/** What a package says of itself in package.json and tsconfig.json. */
export interface WorkspacePackage {
  readonly name: string;
  /** From the repository's root: `packages/base`. */
  readonly folder: string;
  /** What others may import of it: `.`, `./browser`. */
  readonly exports: readonly string[];
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  /** What its users bring along. */
  readonly peerDependencies: readonly string[];
  /** Folders of the packages that the compiler builds before this one. */
  readonly references: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface CompilerConfig {
  readonly references?: readonly { readonly path: string }[];
}

/**
 * @param manifest text of its package.json
 * @param compilerConfig text of its tsconfig.json, which holds no comments
 */
export function parseWorkspacePackage(
  folder: string,
  manifest: string,
  compilerConfig: string,
): WorkspacePackage {
  const {
    name,
    exports = {},
    dependencies = {},
    devDependencies = {},
    peerDependencies = {},
  } = JSON.parse(manifest) as Manifest;
  const { references = [] } = JSON.parse(compilerConfig) as CompilerConfig;
  return {
    name,
    folder,
    exports: Object.keys(exports),
    dependencies: Object.keys(dependencies),
    devDependencies: Object.keys(devDependencies),
    peerDependencies: Object.keys(peerDependencies),
    references: references.map(({ path }) => posix.join(folder, path)),
  };
}
