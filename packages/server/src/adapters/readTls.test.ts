import { fileURLToPath } from "node:url";
import { AkiDbError, type Clock, systemClock } from "@akidb/base";
import { expect, test } from "vitest";
import { readTls } from "./readTls.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const [tlsCert, tlsKey] = [fixture("localhost.crt"), fixture("localhost.key")];
const clockAt = (time: string): Clock => ({ ...systemClock, nowMs: () => Date.parse(time) });

test("nothing is read where nothing is configured", () => {
  expect(readTls({ tlsCert: undefined, tlsKey: undefined }, systemClock)).toBeUndefined();
});

test("a certificate and its key are taken as they are", () => {
  expect(readTls({ tlsCert, tlsKey }, systemClock)).toEqual({
    cert: expect.stringMatching(/^-----BEGIN CERTIFICATE/),
    key: expect.stringMatching(/^-----BEGIN PRIVATE KEY/),
    notAfter: expect.any(String),
  });
});

test.each([
  [{ tlsCert: fixture("none.crt") }, /^server\.tls_cert: the file ".*none\.crt" does not exist$/],
  [{ tlsKey: fixture(".") }, /^server\.tls_key: the file ".*" cannot be read \(EISDIR\)$/],
  [{ tlsCert: tlsKey }, /^server\.tls_cert: the file holds no certificate in PEM$/],
  [{ tlsKey: tlsCert }, /^server\.tls_key: the file holds no private key in PEM/],
  [
    { tlsKey: fixture("locked.key") },
    /^server\.tls_key: the file holds no private key in PEM, or one with a pass/,
  ],
  [
    { tlsKey: fixture("other.key") },
    /^server\.tls_key: is not the key of the certificate in server\.tls_cert$/,
  ],
])("what cannot be used is named: %j", (files, complaint) => {
  let thrown: unknown;
  try {
    readTls({ tlsCert, tlsKey, ...files }, systemClock);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AkiDbError);
  expect(thrown).toMatchObject({ code: "failed_precondition", message: expect.stringMatching(complaint) });
  expect((thrown as AkiDbError).message).not.toContain("BEGIN");
});

test.each(["2020-01-01", "2200-01-01"])("a certificate is not shown in %s, when it is not valid", (time) => {
  expect(() => readTls({ tlsCert, tlsKey }, clockAt(time))).toThrow(/which is not now$/);
});
