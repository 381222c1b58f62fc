import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkEmbeddingProvider } from "../embeddingProvider.contract.ts";
import { createHashingProvider } from "./hashingProvider.ts";

checkEmbeddingProvider("hashing", createHashingProvider);

const provider = createHashingProvider();

interface Golden {
  readonly fingerprint: string;
  readonly dimension: number;
  /** Little-endian float32, base64. */
  readonly vectors: readonly { readonly text: string; readonly base64: string }[];
}

const golden = JSON.parse(
  readFileSync(new URL("hashing.golden.json", import.meta.url), "utf8"),
) as readonly Golden[];

test.each(golden)("$fingerprint gives the golden vectors, bit for bit", async (expected) => {
  const model = await provider.model("hashing", expected.dimension);
  expect(model.fingerprint, "raise algorithmVersion with new golden vectors").toBe(expected.fingerprint);
  for (const { text, base64 } of expected.vectors) {
    const { vectors } = await model.embed([text]);
    expect(Buffer.from(vectors.buffer).toString("base64"), text).toBe(base64);
  }
});

test("has 384 dimensions if not told otherwise", async () => {
  expect((await provider.model()).dimension).toBe(384);
});

test.each([
  ["case", "Zürich Airport", "ZÜRICH airport"],
  ["compatibility forms", "ｆｕｌｌ ﬁle №5", "full file No5"],
  ["composition", "café", "cafe\u0301"],
  ["punctuation and spacing", "red, green & blue!", "red green\n\nblue"],
  ["lone surrogates", "red\ud800 green", "red green"],
  ["variation selectors", "I \u2764\ufe0f you", "I \u2764 you"],
])("does not see %s", async (_, one, other) => {
  expect(await cosine(one, other)).toBeCloseTo(1, 6);
});

test("sees the order of words, a little", async () => {
  const similarity = await cosine("matter over mind", "mind over matter");
  expect(similarity).toBeGreaterThan(0.8);
  expect(similarity).toBeLessThan(0.999);
});

test.each([
  ["inflections", "embedding vectors", "embedded vector", "mountain railways"],
  ["spellings", "colour television", "color television", "garden furniture"],
  ["content words before function words", "the cat is on the mountain", "mountain", "is on the"],
  ["a Chinese word within a sentence", "北京", "我在北京工作", "我在上海工作"],
  ["a Japanese word within a sentence", "東京", "私は東京に住んでいます", "私は大阪に住んでいます"],
  ["a Korean word whatever the spacing", "데이터베이스", "벡터 데이터 베이스", "오늘 날씨 좋다"],
  ["a Thai word within a sentence", "ประเทศไทย", "ฉันอาศัยอยู่ในประเทศไทย", "ฉันชอบกินข้าวผัดมาก"],
  ["Greek inflections", "βιβλιοθήκη", "βιβλιοθήκες", "αυτοκίνητο"],
  ["Arabic words", "المكتبة الوطنية", "مكتبة وطنية", "سيارة حمراء"],
  ["characters beyond the basic plane", "𠮷野家", "𠮷野", "𠀋山"],
  ["pictographs", "🎉 party", "🎉", "🚗"],
])("finds %s", async (_, query, near, far) => {
  expect(await cosine(query, near)).toBeGreaterThan((await cosine(query, far)) + 0.1);
});

test("counts words, and characters of dense scripts", async () => {
  expect((await (await provider.model()).embed(["Don't panic: 2 東京"])).totalTokens).toBe(6);
});

test("reads an endless word in parts", async () => {
  const word = "lorem".repeat(100);
  expect((await (await provider.model()).embed([word])).totalTokens).toBe(8);
});

test("a text is seen whole, also where it has more features than are counted at a time", async () => {
  const filler = Array.from({ length: 900 }, (_, i) =>
    (0x1000_0000 + Math.imul(i, 0x9e3779b1)).toString(36),
  ).join(" ");
  const telling = "xylophone ".repeat(1_000);
  expect(await cosine(`${filler} ${telling}`, "xylophone")).toBeGreaterThan(0.2);
  expect(await cosine(`${telling} ${filler}`, "xylophone")).toBeGreaterThan(0.2);
  expect(await cosine(filler, "xylophone")).toBeLessThan(0.1);
});

test("refuses a text without letter, digit or pictograph", async () => {
  await expect((await provider.model()).embed(["fine", "-- !?", "\u0301"])).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [
      { path: "texts[1]", detail: "must have a letter, a digit or a pictograph" },
      { path: "texts[2]", detail: "must have a letter, a digit or a pictograph" },
    ],
  });
});

test("the two features of a letter never cancel to nothing", async () => {
  const letters = Array.from({ length: 0x250 }, (_, codePoint) => String.fromCodePoint(codePoint)).filter(
    (character) => /\p{L}/v.test(character),
  );
  const { vectors } = await (await provider.model("hashing", 16)).embed(letters);
  for (const [row, letter] of letters.entries()) {
    expect(Math.hypot(...vectors.subarray(row * 16, row * 16 + 16)), letter).toBeCloseTo(1, 6);
  }
});

async function cosine(one: string, other: string): Promise<number> {
  const { dimension, embed } = await provider.model("hashing", 1_024);
  const { vectors } = await embed([one, other]);
  let dot = 0;
  for (let i = 0; i < dimension; i++) dot += vectors[i]! * vectors[dimension + i]!;
  return dot;
}
