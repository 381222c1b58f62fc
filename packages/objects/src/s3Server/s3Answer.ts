export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** An error as S3 answers it. */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escapeXml = (text: string): string => text.replaceAll(/[&<>"]/g, (each) => escapes[each] ?? each);

/** `[["Key", "a"]]` → `<Key>a</Key>` */
export const xmlElements = (fields: readonly (readonly [name: string, value: string])[]): string =>
  fields.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join("");

export function xmlAnswer(status: number, root: string, inner: string): S3Answer {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${inner}</${root}>`;
  return { status, headers: { "content-type": "application/xml" }, body: Buffer.from(text) };
}

export const refusalAnswer = ({ status, code, message }: S3Refusal): S3Answer =>
  xmlAnswer(
    status,
    "Error",
    xmlElements([
      ["Code", code],
      ["Message", message],
    ]),
  );

/** Texts of all elements of a name, in a document as simple as those that S3's clients send. */
export const xmlTexts = (document: string, name: string): readonly string[] =>
  [...document.matchAll(new RegExp(`<${name}(?: [^>]*)?>([\\s\\S]*?)</${name}>`, "g"))].map(([, text = ""]) =>
    text
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&apos;", "'")
      .replaceAll(/&#x([0-9a-fA-F]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replaceAll(/&#(\d+);/g, (_, digits: string) => String.fromCodePoint(Number(digits)))
      .replaceAll("&amp;", "&"),
  );
