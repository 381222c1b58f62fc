import type { JsonValue } from "@akidb/base";
import { columnChunk, type RowGroupPlace } from "./columnChunk.ts";
import { FlatColumn } from "./flatColumn.ts";
import { flatJsonOf, type ToJson } from "./flatJson.ts";
import { FloatLists, type Floats } from "./floatLists.ts";
import { type Leaf, leafOf, leavesBelow } from "./leaf.ts";
import { readNestedJson } from "./nestedJson.ts";
import { invalid, ParquetFault } from "./parquetFileError.ts";
import { isRepeated, type SchemaNode } from "./schemaNode.ts";

/** JSON, or a list of floats as they are in the file. */
export type TableValue = JsonValue | Floats;

/** What to do with a column of any table. */
export type TableColumn = { readonly name: string } & (
  | { readonly kind: "flat"; readonly leaf: Leaf; readonly toJson: ToJson }
  | { readonly kind: "floats"; readonly leaf: Leaf }
  | { readonly kind: "nested"; readonly nodes: readonly SchemaNode[] }
);

/** @returns undefined for a type that JSON has nothing for */
export function tableColumn(root: SchemaNode, node: SchemaNode): TableColumn | undefined {
  const { name } = node.element;
  const nodes = [root, node];
  if (node.children.length === 0 && !isRepeated(node)) {
    const toJson = flatJsonOf(node.element);
    return toJson === undefined ? undefined : { name, kind: "flat", leaf: leafOf(nodes), toJson };
  }
  const leaves = leavesBelow(nodes);
  const [leaf] = leaves;
  if (leaves.length === 1 && leaf !== undefined && isFloatList(leaf)) return { name, kind: "floats", leaf };
  const areJson = leaves.every(({ element }) => flatJsonOf(element) !== undefined);
  return areJson ? { name, kind: "nested", nodes } : undefined;
}

/** A LIST of three levels, of two as older writers have it, or a bare repeated value; no struct that holds one. */
function isFloatList({ element, repetitionMax, nodes }: Leaf): boolean {
  const isFloat = element.type === "FLOAT" || element.type === "DOUBLE";
  const hasListInFront = nodes.length === 2 || isRepeated(nodes[2]!);
  return isFloat && repetitionMax === 1 && nodes.length <= 4 && hasListInFront;
}

/** Undefined is none; a fault is of that row alone. */
export type PutTableValue = (value: TableValue | undefined | ParquetFault) => void;

export interface TableColumnReader {
  take(count: number, put: PutTableValue): Promise<void>;
  /** After the last row: checks that there are no more. */
  end(): Promise<void>;
  close(): Promise<void>;
}

export function readTableColumn(
  column: TableColumn,
  place: RowGroupPlace & { readonly rowCount: number },
): TableColumnReader {
  switch (column.kind) {
    case "flat":
      return readFlat(
        column,
        new FlatColumn({ ...columnChunk(place, column.leaf), rowCount: place.rowCount }),
      );
    case "floats":
      return readFloats(new FloatLists({ ...columnChunk(place, column.leaf), rowCount: place.rowCount }));
    case "nested":
      return readNested(column, place);
  }
}

function readFlat({ toJson }: Extract<TableColumn, { kind: "flat" }>, column: FlatColumn): TableColumnReader {
  return {
    take: (count, put) =>
      column.take(count, (value) => {
        if (value === null) return put(undefined);
        let json: JsonValue | undefined | ParquetFault;
        try {
          json = toJson(value);
        } catch (error) {
          if (!(error instanceof ParquetFault) || error.problem === "damaged") throw error;
          json = error;
        }
        put(json);
      }),
    end: () => column.end(),
    close: () => column.close(),
  };
}

const readFloats = (lists: FloatLists): TableColumnReader => ({
  take: (count, put) =>
    lists.take(count, (list) => {
      put(list === "null component" ? invalid("a component is null") : (list ?? undefined));
    }),
  end: () => lists.end(),
  close: () => lists.close(),
});

function readNested(
  { nodes }: Extract<TableColumn, { kind: "nested" }>,
  place: RowGroupPlace & { readonly rowCount: number },
): TableColumnReader {
  let values: readonly (string | null)[] | undefined;
  let row = 0;
  return {
    take: async (count, put) => {
      const leaves = leavesBelow(nodes).map((leaf) => columnChunk(place, leaf));
      values ??= await readNestedJson({ node: nodes[1]!, leaves, rowCount: place.rowCount });
      for (const json of values.slice(row, row + count)) {
        put(json === null ? undefined : (JSON.parse(json) as JsonValue));
      }
      row += count;
    },
    end: async () => {},
    close: async () => {},
  };
}
