import { describe, expectTypeOf, it } from "vitest";
import { type Collection, connect, type Filter, type JsonObject, type MetadataPath } from "./index.ts";

interface Book {
  readonly title: string;
  readonly year: number;
  readonly kind: "novel" | "textbook";
  readonly tags?: readonly string[];
  readonly author: { readonly name: string; readonly born?: string | null };
  readonly shop?: { readonly lat: number; readonly lon: number };
  readonly prices?: readonly { readonly currency: string; readonly amount: number }[];
  readonly extra?: JsonObject;
  readonly "v1.0"?: boolean;
}

const db = connect({ url: "http://127.0.0.1:1" });
const books: Collection<Book> = db.collection<Book>("books");

/** The compiler looks at them; nobody calls them. */
type Unrun = () => unknown;

/** `tsc -b`, which every run of the tests begins with, refuses this file where one of these holds no longer. */
describe("metadata of a type", () => {
  it("come back with every answer", () => {
    expectTypeOf(books.get).returns.resolves.toHaveProperty("metadata").toEqualTypeOf<Book | undefined>();
    type Result = Awaited<ReturnType<typeof books.query>>;
    expectTypeOf<Result["matches"][number]["metadata"]>().toEqualTypeOf<Book | undefined>();
    type Item = Awaited<ReturnType<typeof books.queryBatch>>[number];
    expectTypeOf<Extract<Item, { ok: true }>["matches"][number]["metadata"]>().toEqualTypeOf<
      Book | undefined
    >();
    type Scrolled = ReturnType<typeof books.scroll> extends AsyncGenerator<infer Document> ? Document : never;
    expectTypeOf<Scrolled["metadata"]>().toEqualTypeOf<Book | undefined>();
    type Found = Awaited<ReturnType<typeof books.getMany>>["documents"][number];
    expectTypeOf<Found["metadata"]>().toEqualTypeOf<Book | undefined>();
  });

  it("are those that are written and patched", () => {
    const book: Book = { title: "t", year: 1990, kind: "novel", author: { name: "n" } };
    const written: readonly Unrun[] = [
      () => books.upsert([{ metadata: book }]),
      // @ts-expect-error a year is a number
      () => books.upsert([{ metadata: { ...book, year: "1990" } }]),
      // @ts-expect-error there is no such field
      () => books.upsert([{ metadata: { ...book, yaer: 1990 } }]),
      () => books.patch("a", { metadata: { year: 1991, author: { born: null }, tags: null } }),
      () => books.patchMany([{ id: "a", metadata: { tags: ["x"] } }]),
      // @ts-expect-error a year is a number
      () => books.patch("a", { metadata: { year: "1991" } }),
      // @ts-expect-error there is no such field
      () => books.patchMany([{ id: "a", metadata: { author: { nmae: "n" } } }]),
    ];
    expectTypeOf(written).not.toBeAny();
  });

  it("are what filters may speak of", () => {
    const filters: readonly Filter<Book>[] = [
      {},
      { year: 1990, kind: "novel", title: { $prefix: "The " } },
      { year: { $gte: 1968, $lt: 2000 }, tags: "a" },
      { tags: { $in: ["a", "b"], $exists: true }, "author.name": { $ne: "Knuth" } },
      { "author.born": null, "prices.amount": { $lte: 10 }, "v1\\.0": true },
      { kind: { $gt: "m", $contains: "text" }, "extra.any.path": { $nin: [1, "x", null] } },
      { shop: { $geo_radius: { center: { lat: 48, lon: 11 }, radius_m: 100 } }, extra: { $exists: false } },
      {
        $or: [
          { year: 1 },
          { $and: [{ tags: { $contains: "a" } }, { $not: { year: { $not: { $gt: 2 } } } }] },
        ],
      },
    ];
    const refused: readonly Filter<Book>[] = [
      // @ts-expect-error there is no such field
      { yaer: 1990 },
      // @ts-expect-error nor this
      { "author.nmae": "n" },
      // @ts-expect-error a year is a number
      { year: "1990" },
      // @ts-expect-error so are its bounds
      { year: { $gte: "1990" } },
      // @ts-expect-error a novel or a textbook
      { kind: "story" },
      // @ts-expect-error there is no such operator
      { year: { $above: 3 } },
      // @ts-expect-error a number has no beginning
      { year: { $prefix: "19" } },
      // @ts-expect-error an author is no point
      { author: { $geo_radius: { center: { lat: 48, lon: 11 }, radius_m: 100 } } },
      // @ts-expect-error the elements of an array are texts
      { tags: { $in: [1] } },
      // @ts-expect-error a list of filters
      { $or: { year: 1 } },
      // @ts-expect-error checked within, too
      { $and: [{ $not: { yaer: 1 } }] },
      // @ts-expect-error a dot that belongs to a key is written \.
      { "v1.0": true },
    ];
    expectTypeOf(filters).toEqualTypeOf(refused);
  });

  it("are checked wherever a filter or a field is taken", () => {
    const filter = { year: { $gte: 1968 } };
    const taken: readonly Unrun[] = [
      () => books.query({ text: "x", filter, groupBy: { field: "author.name" } }),
      () => books.facets({ field: "tags", filter }),
      () => books.count({ filter }),
      () => books.scroll({ filter }),
      () => books.deleteMany({ filter }),
      () => books.getMany({ filter }),
      // @ts-expect-error there is no such field
      () => books.query({ text: "x", filter: { yaer: 1 } }),
      // @ts-expect-error there is no such field
      () => books.queryBatch([{ text: "x", filter: { yaer: 1 } }]),
      // @ts-expect-error there is no such field
      () => books.query({ text: "x", groupBy: { field: "autor" } }),
      // @ts-expect-error there is no such field
      () => books.facets({ field: "tag" }),
      // @ts-expect-error there is no such field
      () => books.scrollPage({ filter: { yaer: 1 } }),
      // @ts-expect-error there is no such field
      () => books.deleteMany({ filter: { yaer: 1 } }),
    ];
    expectTypeOf(taken).not.toBeAny();
  });

  it("may be of a type that contains itself", () => {
    interface Part {
      readonly name: string;
      readonly parts?: readonly Part[];
    }
    expectTypeOf<"parts.parts.name">().toExtend<MetadataPath<Part>>();
    expectTypeOf<"parts.name.parts">().not.toExtend<MetadataPath<Part>>();
  });

  it("may be of no type, and take whatever the database takes", () => {
    const any = db.collection("any");
    expectTypeOf(any).toEqualTypeOf<Collection>();
    expectTypeOf<Filter>().toEqualTypeOf<JsonObject>();
    expectTypeOf<MetadataPath<JsonObject>>().toEqualTypeOf<string>();
    expectTypeOf(any.get).returns.resolves.toHaveProperty("metadata").toEqualTypeOf<JsonObject | undefined>();
  });
});
