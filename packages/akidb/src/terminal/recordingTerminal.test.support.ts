import type { Terminal } from "./terminal.ts";

export interface RecordingTerminal extends Terminal {
  readonly printed: string;
  readonly noted: string;
}

export interface RecordingOptions {
  /** Whether somebody types the lines; false if absent. */
  readonly inIsTerminal?: boolean;
}

/** Output streams that are no terminal; the input has the lines given. */
export function recordingTerminal(
  lines: readonly string[] = [],
  { inIsTerminal = false }: RecordingOptions = {},
): RecordingTerminal {
  let printed = "";
  let noted = "";
  const input = [...lines];
  return {
    get printed() {
      return printed;
    },
    get noted() {
      return noted;
    },
    print: (text) => {
      printed += text;
    },
    note: (text) => {
      noted += text;
    },
    columns: 80,
    outIsTerminal: false,
    noteIsTerminal: false,
    inIsTerminal,
    outHasColors: false,
    noteHasColors: false,
    ask: async (question) => {
      noted += question;
      return input.shift();
    },
    askSecret: async (question) => {
      noted += question;
      return input.shift();
    },
    startBar: () => undefined,
  };
}
