import { invalidArgument } from "@akidb/base";

/** The address without a trailing slash; a path is kept, for servers behind a proxy. */
export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw invalidArgument("url", `${JSON.stringify(text)} is not an address like http://127.0.0.1:8080`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw invalidArgument("url", "must be only an address: no user name, password, query or fragment");
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/**
 * One segment of a path. The names `.` and `..` are refused: URLs resolve them even when percent-encoded (WHATWG URL,
 * "double-dot path segment"), so that deleting the document `..` would name its collection.
 */
export function pathSegment(field: string, name: string): string {
  if (typeof name !== "string" || name === "")
    throw invalidArgument(field, "must be a string that is not empty");
  if (!name.isWellFormed()) throw invalidArgument(field, "must be well-formed Unicode");
  if (name === "." || name === "..") {
    throw invalidArgument(field, `a URL cannot name ${JSON.stringify(name)}`);
  }
  return encodeURIComponent(name);
}
