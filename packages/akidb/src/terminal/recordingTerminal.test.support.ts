import type { Terminal } from "./terminal.ts";

export interface RecordingTerminal extends Terminal {
  readonly printed: string;
  readonly noted: string;
}

/** Streams that are no terminal; the input has the lines given. */
export function recordingTerminal(lines: readonly string[] = []): RecordingTerminal {
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
    inIsTerminal: false,
    outHasColors: false,
    noteHasColors: false,
    ask: async () => input.shift(),
    startBar: () => undefined,
  };
}
