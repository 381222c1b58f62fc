import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

export interface PageBundle {
  /** By file name; the page's own is the first. */
  readonly files: ReadonlyMap<string, string>;
  /** Every module that is in it, and what it imports that is not. */
  readonly modules: readonly string[];
  readonly externals: readonly string[];
}

/** `pageProgram.ts` with all that it imports, as a bundler makes it for browsers. */
export async function bundlePage(): Promise<PageBundle> {
  const externals: string[] = [];
  const bundle = await rolldown({
    input: fileURLToPath(new URL("pageProgram.ts", import.meta.url)),
    platform: "browser",
    resolve: { conditionNames: ["source", "browser", "import", "default"] },
    logLevel: "silent",
    onLog: (_level, log) => {
      // What cannot be bundled for a browser is left to it as an import, and only a warning says so.
      externals.push(log.message);
    },
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const chunks = output.filter((each) => each.type === "chunk");
  const names = new Set(chunks.map(({ fileName }) => fileName));
  return {
    files: new Map(chunks.map(({ fileName, code }) => [fileName, code])),
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
    externals: [
      ...externals,
      ...chunks
        .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
        .filter((name) => !names.has(name)),
    ],
  };
}
