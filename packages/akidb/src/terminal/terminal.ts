/** The three standard streams, as a command line needs them. */
export interface Terminal {
  /** What was asked for: stdout. */
  print(text: string): void;
  /** Everything about it: stderr. */
  note(text: string): void;
  /** Columns of stdout; 100 where it is no terminal. */
  readonly columns: number;
  readonly outIsTerminal: boolean;
  readonly noteIsTerminal: boolean;
  readonly inIsTerminal: boolean;
  /** Whether stdout shows colours. */
  readonly outHasColors: boolean;
  readonly noteHasColors: boolean;
  /** One line from stdin without its end; undefined when the input ends or the user presses Ctrl-C. */
  ask(question: string): Promise<string | undefined>;
  /** The same, and what is typed is not shown, nor kept. */
  askSecret(question: string): Promise<string | undefined>;
  /** A bar on stderr; undefined where that is no terminal. */
  startBar(bar: BarOptions): ProgressBar | undefined;
}

export interface BarOptions {
  readonly title: string;
  readonly total: number;
}

export interface ProgressBar {
  update(value: number, caption: string): void;
  stop(): void;
}
