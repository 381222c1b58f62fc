import { type Node, parseSync } from "oxc-parser";
import { ambientUseOf } from "./ambientUse.ts";
import { nodesOf } from "./syntaxTree.ts";

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly source: string;
}

export interface ModuleImport {
  /** As written; undefined where `import()` computes it. */
  readonly specifier: string | undefined;
  /** Erased before the program runs. */
  readonly isType: boolean;
  readonly line: number;
}

/** Something of the outside world that is used without an import. */
export interface AmbientUse {
  /** `Date.now`, `process.env`, `new Date()` */
  readonly what: string;
  readonly line: number;
}

/** What the rules need to know of a file. */
export interface SourceModule {
  readonly path: string;
  /** Re-exports, `import()` and `import("…").Type` included. */
  readonly imports: readonly ModuleImport[];
  readonly ambientUses: readonly AmbientUse[];
}

export function parseModule({ path, source }: SourceFile): SourceModule {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const imports: ModuleImport[] = [];
  const ambientUses: AmbientUse[] = [];
  const lineOf = (node: Node): number => source.slice(0, node.start).split("\n").length;
  for (const node of nodesOf(program)) {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, line: lineOf(node) });
    for (const what of ambientUseOf(node)) ambientUses.push({ what, line: lineOf(node) });
  }
  const inOrder = (a: { readonly line: number }, b: { readonly line: number }) => a.line - b.line;
  return { path, imports: imports.sort(inOrder), ambientUses: ambientUses.sort(inOrder) };
}

function importOf(node: Node): Omit<ModuleImport, "line"> | undefined {
  switch (node.type) {
    case "ImportDeclaration": {
      const named = node.specifiers;
      const allTypes =
        named.length > 0 &&
        named.every((each) => each.type === "ImportSpecifier" && each.importKind === "type");
      return { specifier: node.source.value, isType: node.importKind === "type" || allTypes };
    }
    case "ExportAllDeclaration":
      return { specifier: node.source.value, isType: node.exportKind === "type" };
    case "ExportNamedDeclaration":
      if (node.source === null) return undefined;
      return { specifier: node.source.value, isType: node.exportKind === "type" };
    case "ImportExpression": {
      const { source } = node;
      const isText = source.type === "Literal" && typeof source.value === "string";
      return { specifier: isText ? (source.value as string) : undefined, isType: false };
    }
    case "TSImportType":
      return { specifier: node.source.value, isType: true };
    default:
      return undefined;
  }
}
