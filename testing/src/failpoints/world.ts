import { isDeepStrictEqual } from "node:util";
import type { Generations, Operation } from "./operation.ts";

/** What a process found in its database. */
export interface DatabaseState {
  readonly collections: Readonly<Record<string, CollectionState>>;
  /** What is wrong without knowing what belongs there: documents of mixed parts, searches that miss them. */
  readonly faults: readonly string[];
}

export interface CollectionState {
  readonly generations: Generations;
  readonly snapshotIds: readonly string[];
}

interface KnownCollection {
  readonly generations: Map<string, number>;
  readonly snapshots: Map<string, ReadonlyMap<string, number>>;
}

/** What must be in the database by what was acknowledged: Maps that do as it should. */
export class World {
  readonly #collections = new Map<string, KnownCollection>();

  /** @param snapshotId of the snapshot that a `snapshot` made */
  apply(operation: Operation, snapshotId?: string): void {
    const collection = this.#collections.get(operation.collection);
    switch (operation.kind) {
      case "create":
        this.#collections.set(operation.collection, { generations: new Map(), snapshots: new Map() });
        break;
      case "drop":
        this.#collections.delete(operation.collection);
        break;
      case "upsert":
      case "chunks":
      case "patch":
        for (const [key, generation] of Object.entries(operation.generations)) {
          collection!.generations.set(key, generation);
        }
        break;
      case "delete":
        collection!.generations.delete(operation.key);
        break;
      case "snapshot":
        collection!.snapshots.set(snapshotId!, new Map(collection!.generations));
        break;
      case "deleteSnapshot":
        collection!.snapshots.delete(operation.snapshotId);
        break;
      case "restore": {
        const { snapshots } = collection!;
        const generations = new Map(snapshots.get(operation.snapshotId));
        this.#collections.set(operation.collection, { generations, snapshots });
        break;
      }
      case "clone": {
        const generations = new Map(collection!.snapshots.get(operation.snapshotId));
        this.#collections.set(operation.into, { generations, snapshots: new Map() });
      }
    }
  }

  /**
   * Learns which of the operations that nobody answered happened.
   *
   * @returns how the state differs from what it must be then
   */
  settle(state: DatabaseState, unanswered: readonly Operation[]): readonly string[] {
    for (const operation of unanswered) {
      const newSnapshot = this.#newSnapshotOf(operation, state);
      if (this.#hasHappened(operation, state, newSnapshot)) this.apply(operation, newSnapshot);
    }
    return [...state.faults, ...this.#differences(state)];
  }

  get documentCount(): number {
    return [...this.#collections.values()].reduce((sum, { generations }) => sum + generations.size, 0);
  }

  #newSnapshotOf(operation: Operation, { collections }: DatabaseState): string | undefined {
    if (operation.kind !== "snapshot") return undefined;
    const known = this.#collections.get(operation.collection)?.snapshots;
    return collections[operation.collection]?.snapshotIds.find((id) => known?.has(id) === false);
  }

  #hasHappened(operation: Operation, { collections }: DatabaseState, newSnapshot?: string): boolean {
    const found = collections[operation.collection];
    switch (operation.kind) {
      case "create":
        return found !== undefined;
      case "drop":
        return found === undefined;
      case "upsert":
      case "chunks":
      case "patch": {
        const [first] = Object.entries(operation.generations);
        return first === undefined || found?.generations[first[0]] === first[1];
      }
      case "delete":
        return found !== undefined && !(operation.key in found.generations);
      case "snapshot":
        return newSnapshot !== undefined;
      case "deleteSnapshot":
        return found?.snapshotIds.includes(operation.snapshotId) === false;
      case "restore": {
        const wanted = this.#collections.get(operation.collection)?.snapshots.get(operation.snapshotId);
        return isDeepStrictEqual(recordOf(wanted ?? new Map()), { ...found?.generations });
      }
      case "clone":
        return operation.into in collections;
    }
  }

  #differences({ collections }: DatabaseState): readonly string[] {
    const differences: string[] = [];
    for (const name of Object.keys(collections)) {
      if (!this.#collections.has(name)) differences.push(`collection ${name} must not be there`);
    }
    for (const [name, { generations, snapshots }] of this.#collections) {
      const found = collections[name];
      if (found === undefined) {
        differences.push(`collection ${name} is missing`);
        continue;
      }
      const keys = new Set([...generations.keys(), ...Object.keys(found.generations)]);
      const wrong = [...keys].filter((key) => generations.get(key) !== found.generations[key]);
      for (const key of wrong.slice(0, 5)) {
        differences.push(
          `${name}/${key} has generation ${found.generations[key]} instead of ${generations.get(key)}`,
        );
      }
      if (wrong.length > 5) differences.push(`and ${wrong.length - 5} more documents of ${name}`);
      const snapshotIds = [...snapshots.keys()].sort();
      if (!isDeepStrictEqual(snapshotIds, [...found.snapshotIds].sort())) {
        differences.push(`${name} has the snapshots ${found.snapshotIds} instead of ${snapshotIds}`);
      }
    }
    return differences;
  }
}

const recordOf = (generations: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(generations);
