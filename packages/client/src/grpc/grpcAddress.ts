import { invalidArgument } from "@akidb/base";

export interface GrpcAddress {
  /** As it was given, for messages. */
  readonly url: string;
  /** Host and port, as channels take them. */
  readonly target: string;
  readonly isSecure: boolean;
}

const portDefault = 9090;

export const isGrpcUrl = (url: string): boolean => /^grpcs?:/i.test(url);

/** @throws AkiDbError `invalid_argument` */
export function parseGrpcUrl(text: string): GrpcAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "") {
    throw invalidArgument("url", `${JSON.stringify(text)} is not an address like grpc://127.0.0.1:9090`);
  }
  const more = url.username + url.password + url.search + url.hash + url.pathname.replace(/^\/$/, "");
  if (more !== "") {
    throw invalidArgument(
      "url",
      "must be only host and port: no user name, password, path, query or fragment",
    );
  }
  const isSecure = url.protocol === "grpcs:";
  const port = url.port === "" ? portDefault : url.port;
  return {
    url: `${url.protocol}//${url.hostname}:${port}`,
    target: `${url.hostname}:${port}`,
    isSecure,
  };
}
