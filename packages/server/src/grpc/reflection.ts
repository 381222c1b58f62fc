import { descriptors } from "@akidb/protocol/grpc";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";

/** Tells tools such as grpcurl which services there are, and what their messages look like. */
export function addReflection(server: Server): void {
  // The library looks for nothing else in what a loader of .proto files makes of them.
  const files = { fileDescriptorProtos: filesOf(Buffer.from(descriptors, "base64")) };
  const definitions = { akidb: files } as unknown as ConstructorParameters<typeof ReflectionService>[0];
  new ReflectionService(definitions).addToServer(server);
}

/** The bytes of each file in a `google.protobuf.FileDescriptorSet { repeated FileDescriptorProto file = 1; }`. */
function filesOf(set: Buffer): Buffer[] {
  const files: Buffer[] = [];
  let at = 0;
  while (at < set.length) {
    at += 1;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = set[at++]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    files.push(set.subarray(at, at + length));
    at += length;
  }
  return files;
}
