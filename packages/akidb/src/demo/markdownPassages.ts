import type { DocumentationPage } from "../files.ts";

/** A part of a page that can be shown as an answer. */
export interface Passage {
  readonly path: string;
  /** Of its first line, counted from 1. */
  readonly line: number;
  /** From the page's title down. */
  readonly headings: readonly string[];
  readonly text: string;
}

/** About a dozen lines: long enough to answer, short enough to be about one thing. */
const passageCharactersMax = 900;

/**
 * Splits Markdown at its headings, and what is then still long at its blank lines. Fenced code stays whole; each row of
 * a table is a passage, without the table's head.
 */
export function markdownPassages({ path, text }: DocumentationPage): readonly Passage[] {
  const passages: Passage[] = [];
  const headings: string[] = [];
  let body: string[] = [];
  let bodyLine = 1;
  let fence: string | undefined;
  let isInTable = false;
  const finish = (): void => {
    const passage = body.join("\n").trim();
    const blankLines = body.findIndex((line) => line.trim() !== "");
    if (passage !== "") {
      passages.push({
        path,
        line: bodyLine + blankLines,
        headings: headings.filter(isDefined),
        text: passage,
      });
    }
    body = [];
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence)) fence = undefined;
    const heading = fence === undefined ? /^(#{1,6})\s+(.*?)\s*#*$/.exec(line) : null;
    if (heading !== null) {
      finish();
      const level = (heading[1] as string).length;
      headings.length = level - 1;
      headings[level - 1] = heading[2] as string;
      bodyLine = index + 2;
      continue;
    }
    isInTable = fence === undefined && isTableRow(line) && (isInTable || isTableRule(line));
    if (isInTable) {
      if (isTableRule(line)) body.pop();
      finish();
      if (!isTableRule(line)) {
        body = [tableCells(line).join(" · ")];
        bodyLine = index + 1;
        finish();
      }
      bodyLine = index + 2;
      continue;
    }
    const isLong = body.length > 0 && body.join("\n").length > passageCharactersMax;
    if (fence === undefined && line.trim() === "" && isLong) {
      finish();
      bodyLine = index + 2;
      continue;
    }
    body.push(line);
  }
  finish();
  return passages;
}

const isTableRow = (line: string): boolean => /^\s*\|/.test(line);
const isTableRule = (line: string): boolean => /^\s*\|[\s:|-]+$/.test(line);

const tableCells = (line: string): readonly string[] =>
  line
    .split("|")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");

/** A page may leave out a level, which leaves a hole in the array. */
const isDefined = (heading: string | undefined): heading is string => heading !== undefined;
