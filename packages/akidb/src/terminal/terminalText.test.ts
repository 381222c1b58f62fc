import { describe, expect, it } from "vitest";
import { formatBytes, formatCount } from "./formatNumber.ts";
import { printable, printableLines, shorten } from "./printable.ts";
import { shareBar } from "./shareBar.ts";
import { renderTable } from "./table.ts";
import { wrapText } from "./wrapText.ts";

const plain = (_style: unknown, text: string): string => text;

describe("printable", () => {
  it("cannot move the cursor, colour the screen or turn text around", () => {
    expect(printable("a\u001b[31mred\u0007\r\n b\u202ec\u009b2J")).toBe("a [31mred bc 2J");
    expect(printableLines("a\u001b[31m\tb\r\n  c\u2066\n")).toBe("a [31m  b\n  c");
  });
});

describe("shorten", () => {
  it("keeps whole characters", () => {
    expect(shorten("abc", 3)).toBe("abc");
    expect(shorten("abcd", 3)).toBe("ab…");
    expect(shorten("a🙂🙂", 3)).toBe("a…");
  });
});

describe("shareBar", () => {
  it("is as long for any share, and says by its colour when little is left", () => {
    const bars = [0, 0.5, 0.75, 0.9, 7].map((share) => shareBar(share, plain));
    expect(new Set(bars.map(({ length }) => length))).toEqual(new Set([20]));
    expect(bars[1]).toBe("██████████░░░░░░░░░░");
    const named = (style: unknown, text: string) => (text === "" ? "" : `<${style}>`);
    expect([0.5, 0.75, 0.9, 7].map((share) => shareBar(share, named))).toEqual([
      "<green><dim>",
      "<yellow><dim>",
      "<red><dim>",
      "<red>",
    ]);
  });
});

describe("renderTable", () => {
  it("aligns and wraps without lines and trailing spaces", () => {
    const columns = [
      { title: "N", align: "right" },
      { title: "TEXT", width: 8 },
    ] as const;
    expect(
      renderTable(
        columns,
        [
          ["1", "one two three"],
          ["10", "x"],
        ],
        plain,
      ),
    ).toBe(" N  TEXT\n 1  one two\n    three\n10  x\n");
  });

  it("fits a terminal: the widest columns wrap between words, and what cannot becomes paragraphs", () => {
    const columns = [{ title: "ID" }, { title: "WHY" }, { title: "NOTE" }];
    const rows = [
      ["0198b2c4", "one two three four", ""],
      ["0198b2c5", "five", "x"],
    ];
    const whole =
      "ID        WHY                 NOTE\n0198b2c4  one two three four\n0198b2c5  five                x\n";
    expect(renderTable(columns, rows, plain)).toBe(whole);
    expect(renderTable(columns, rows, plain, 34)).toBe(whole);
    expect(renderTable(columns, rows, plain, 26)).toBe(
      "ID        WHY         NOTE\n0198b2c4  one two\n          three four\n0198b2c5  five        x\n",
    );
    expect(renderTable(columns, rows, plain, 20)).toBe(
      "ID    0198b2c4\nWHY   one two three four\n\nID    0198b2c5\nWHY   five\nNOTE  x\n",
    );
  });
});

describe("wrapText", () => {
  it("breaks long lines at spaces, and leaves the others", () => {
    expect(wrapText("  code  a\none two three\nunbreakable x", 9)).toBe(
      "  code  a\none two\nthree\nunbreakable\nx",
    );
  });
});

describe("numbers", () => {
  it("are grouped, and bytes have units", () => {
    expect(formatCount(1234567.8)).toBe("1,234,568");
    expect([0, 999, 1000, 999_949, 999_950, 1.5e9].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "999.9 kB",
      "1.0 MB",
      "1.5 GB",
    ]);
  });
});
