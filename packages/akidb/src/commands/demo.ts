import { failedPrecondition, isAkiDbError } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { type Answer, type DocumentationIndex, indexDocumentation } from "../demo/documentationIndex.ts";
import { highlight, questionWords, snippet } from "../demo/snippet.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable, shorten } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrapText.ts";
import { examples } from "./examples.ts";

const exampleQuestions = [
  "How do I change the port?",
  "What happens to acknowledged writes in a power cut?",
  "Where is the data stored?",
] as const;

/** Columns that a paragraph is easy to read in. */
const textColumnsMax = 100;
const snippetLines = 4;
const indent = "   ";

export function registerDemo(program: Command, cli: Cli): void {
  program
    .command("demo")
    .summary("ask AkiDB's own documentation")
    .description(
      "Put AkiDB's own documentation into a temporary database in this process and ask it questions. Nothing is kept.",
    )
    .argument("[QUESTION...]", "what to ask; without one, questions are read line by line")
    .addHelpText(
      "after",
      examples("akidb demo", ...exampleQuestions.slice(0, 2).map((question) => `akidb demo "${question}"`)),
    )
    .action(async (words: readonly string[]) => {
      const pages = cli.files.readDocumentation();
      if (pages.length === 0)
        throw failedPrecondition("this installation of AkiDB has no documentation to search");
      using directory = cli.files.createTemporaryDirectory();
      const startMs = cli.clock.monotonicMs();
      const { open } = await import("@akidb/database");
      const db = await open({ path: directory.path, command: "akidb demo", wal: { sync: "never" } });
      try {
        const index = await indexDocumentation(db, pages);
        const elapsedMs = Math.round(cli.clock.monotonicMs() - startMs);
        cli.terminal.note(
          `${pages.length} pages, ${index.passageCount} passages indexed in ${elapsedMs} ms.\n` +
            "The built-in embedding is lexical: it matches words and their spelling, not their meaning.\n\n",
        );
        if (words.length > 0) await answer(cli, index, words.join(" "));
        else await converse(cli, index);
      } finally {
        await db.close();
      }
    });
}

async function converse(cli: Cli, index: DocumentationIndex): Promise<void> {
  const { terminal } = cli;
  const paint = paintIf(terminal.noteHasColors);
  terminal.note(`Ask, for example:\n${exampleQuestions.map((question) => `  ${question}\n`).join("")}`);
  terminal.note(paint("dim", "An empty line ends.\n\n"));
  for (;;) {
    const question = (await terminal.ask(paint("bold", "? ")))?.trim();
    if (question === undefined) return terminal.note("\n");
    if (question === "") return;
    try {
      await answer(cli, index, question);
    } catch (error) {
      // A question of which no feature can be made, as "?!".
      if (!isAkiDbError(error)) throw error;
      const [violation] = error.violations;
      terminal.note(`The question ${violation?.detail ?? `cannot be answered: ${error.message}`}.\n\n`);
    }
  }
}

async function answer({ terminal }: Cli, index: DocumentationIndex, question: string): Promise<void> {
  const answers = await index.ask(question);
  const words = questionWords(question);
  const columns = Math.min(terminal.columns, textColumnsMax);
  const paint = paintIf(terminal.outHasColors);
  const show = ({ passage, score }: Answer, rank: number): string => {
    const { headings, path, line, text } = passage;
    const title = shorten(printable(headings.join(" › ")) || path, columns - indent.length);
    const lines = wrapText(
      snippet(text, words, (columns - indent.length) * snippetLines),
      columns - indent.length,
    ).split("\n");
    return [
      `${rank}. ${paint("bold", title)}`,
      `${indent}${paint("cyan", `${path}:${line}`)}  ${paint("dim", score.toFixed(3))}`,
      ...lines.map((each) => `${indent}${highlight(each, words, (word) => paint("yellow", word))}`),
      "",
      "",
    ].join("\n");
  };
  for (const [index, each] of answers.entries()) terminal.print(show(each, index + 1));
}
