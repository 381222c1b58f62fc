/**
 * Whose word forms the full text tells together: `german` finds "Häuser" by "Haus"; `none`, each word by itself alone.
 * Those that Snowball has rules for and whose words SQLite's tokenizer can tell.
 */
export const textLanguages = [
  "none",
  "english",
  "arabic",
  "armenian",
  "basque",
  "catalan",
  "czech",
  "danish",
  "dutch",
  "esperanto",
  "estonian",
  "finnish",
  "french",
  "german",
  "greek",
  "hungarian",
  "indonesian",
  "irish",
  "italian",
  "lithuanian",
  "norwegian",
  "persian",
  "polish",
  "portuguese",
  "romanian",
  "russian",
  "serbian",
  "sesotho",
  "spanish",
  "swedish",
  "turkish",
] as const;

export type TextLanguage = (typeof textLanguages)[number];
