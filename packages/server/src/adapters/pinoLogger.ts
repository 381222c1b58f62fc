import { type Logger, pino, stdTimeFunctions } from "pino";
import { PinoPretty } from "pino-pretty";
import type { Config } from "../config/index.ts";

/** Writes to standard output, in this thread: what was logged before a crash is there. */
export function createPinoLogger({ level, format }: Config["logging"]): Logger {
  const options = { level, base: null, timestamp: stdTimeFunctions.isoTime };
  switch (format) {
    case "json":
      return pino(options, pino.destination({ dest: 1, sync: true }));
    case "pretty":
      return pino(
        options,
        PinoPretty({
          sync: true,
          destination: 1,
          colorize: process.stdout.isTTY,
          singleLine: true,
          // Of the start-up line, whose message says them.
          ignore: "url,grpc,dataDir",
        }),
      );
  }
}
