import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { WriteStream } from "node:tty";
import { SingleBar } from "cli-progress";
import type { Terminal } from "../terminal/terminal.ts";

const columnsElsewhere = 100;

/** Follows https://no-color.org: any non-empty NO_COLOR turns colours off. */
const hasColors = (stream: WriteStream): boolean =>
  stream.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";

export function systemTerminal(): Terminal {
  // A reader that has seen enough (`| head`) is no error.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit();
      throw error;
    });
  }
  return {
    print: (text) => process.stdout.write(text),
    note: (text) => process.stderr.write(text),
    get columns() {
      // Some pseudo-terminals say 0.
      return process.stdout.columns || columnsElsewhere;
    },
    outIsTerminal: process.stdout.isTTY === true,
    noteIsTerminal: process.stderr.isTTY === true,
    inIsTerminal: process.stdin.isTTY === true,
    outHasColors: hasColors(process.stdout),
    noteHasColors: hasColors(process.stderr),

    ...(process.stdin.isTTY === true ? { ask: askOnTerminal(), askSecret: askWithoutEcho } : askPipe()),

    startBar: ({ title, total }) => {
      if (process.stderr.isTTY !== true) return undefined;
      const bar = new SingleBar({
        format: `${title} {bar} {percentage}% {caption} {eta_formatted}`,
        formatTime: timeLeft,
        barCompleteChar: "━",
        barIncompleteChar: "─",
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        stopOnComplete: false,
        etaBuffer: 50,
        stream: process.stderr,
      });
      bar.start(total, 0, { caption: "" });
      return {
        update: (value, caption) => bar.update(value, { caption }),
        stop: () => bar.stop(),
      };
    },
  };
}

/** @param seconds no number before anything is done */
function timeLeft(seconds: unknown): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds <= 0) return "";
  if (seconds < 60) return `${Math.ceil(seconds)} s left`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

/** Each question has the line editor for itself; what was answered before is there with the arrow keys. */
function askOnTerminal(): Terminal["ask"] {
  let history: string[] = [];
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr, history });
    lines.on("history", (entered: string[]) => {
      history = [...entered];
    });
    try {
      return await new Promise<string | undefined>((resolve, reject) => {
        lines.once("close", () => resolve(undefined));
        lines.once("SIGINT", () => lines.close());
        lines.question(question).then(resolve, reject);
      });
    } finally {
      lines.close();
    }
  };
}

/** The line editor writes what it reads into nothing, so that nobody sees it and the arrow keys do not bring it back. */
async function askWithoutEcho(question: string): Promise<string | undefined> {
  process.stderr.write(question);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      lines.once("close", () => resolve(undefined));
      lines.once("SIGINT", () => lines.close());
      lines.question("").then(resolve, reject);
    });
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

/** One reader for all questions: it has read further than to the end of the line. */
function askPipe(): Pick<Terminal, "ask" | "askSecret"> {
  let lines: AsyncIterator<string> | undefined;
  const ask: Terminal["ask"] = async (question) => {
    process.stderr.write(question);
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const { done, value } = await lines.next();
    if (question !== "") process.stderr.write("\n");
    return done === true ? undefined : value;
  };
  return { ask, askSecret: ask };
}
