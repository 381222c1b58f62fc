import type { AkiDb, SeededRandom } from "@akidb/base";

interface Kind {
  readonly name: string;
  create(db: AkiDb, name: string): Promise<unknown>;
  delete(db: AkiDb, name: string): Promise<unknown>;
  /** Those that are there, and not about to go. */
  list(db: AkiDb): Promise<readonly string[]>;
}

const limit = 1_000;

const kinds: readonly Kind[] = [
  {
    name: "collection",
    create: (db, name) => db.createCollection({ name, dimension: 16, tieringPolicy: "memory_s3" }),
    delete: (db, name) => db.deleteCollection(name),
    list: async (db) => (await db.listCollections({ limit })).items.map(({ name }) => name),
  },
  {
    name: "database",
    create: (db, name) => db.databases.create({ name, description: name }),
    delete: (db, name) => db.databases.delete(name),
    list: async (db) =>
      (await db.databases.list({ limit })).items.flatMap(({ name, description, state }) =>
        state === "ready" && name === description ? [name] : [],
      ),
  },
  {
    name: "user",
    create: (db, name) =>
      db.users.create({ email: `${name}@example.com`, password: "correct horse battery", role: "viewer" }),
    delete: (db, name) => db.users.delete(`${name}@example.com`),
    list: async (db) => (await db.users.list({ limit })).items.map(({ email }) => email.split("@")[0]!),
  },
];

const thereMax = 4;

/** Creates and deletes what the catalog has, and knows of each whether it must be there. */
export class MetadataChurn {
  changes = 0;
  /** True: it is there; false: it is not; undefined: a request for it was never answered. */
  readonly #isThere = new Map<Kind, Map<string, boolean | undefined>>(kinds.map((kind) => [kind, new Map()]));
  #made = 0;

  async once(db: AkiDb, random: SeededRandom): Promise<void> {
    const kind = kinds[random.nextInt(kinds.length)]!;
    const known = this.#isThere.get(kind)!;
    const there = [...known].flatMap(([name, isThere]) => (isThere === true ? [name] : []));
    const isDoomed = there.length > random.nextInt(thereMax);
    const name = isDoomed ? there[random.nextInt(there.length)]! : `churn${++this.#made}`;
    known.set(name, undefined);
    await (isDoomed ? kind.delete(db, name) : kind.create(db, name));
    known.set(name, !isDoomed);
    this.changes += 1;
  }

  /** What is there now counts from here on. @returns what was lost, or came back */
  async verify(db: AkiDb): Promise<readonly string[]> {
    const faults: string[] = [];
    for (const [kind, known] of this.#isThere) {
      const listed = new Set(await kind.list(db));
      for (const [name, isThere] of known) {
        if (isThere !== undefined && isThere !== listed.has(name)) {
          faults.push(`${kind.name} ${name} ${isThere ? "is missing" : "came back"}`);
        }
        known.set(name, listed.has(name));
      }
    }
    return faults;
  }
}
