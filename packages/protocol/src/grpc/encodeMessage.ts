import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** What a message is written with, as the generator has it. */
export interface MessageEncoder<Message> {
  encode(message: Message, writer?: BinaryWriter): BinaryWriter;
}

/** A writer with more memory than that is not kept. */
const keptBytesMax = 64 * 1_024;

/** Its memory is used again: to grow into a new one takes as long as to write the answer to a query. */
let writer = new BinaryWriter();

/** The bytes are a copy, and the caller's own. */
export function encodeMessage<Message>(codec: MessageEncoder<Message>, message: Message): Uint8Array {
  const own = writer;
  // Until it has written all: what throws in the middle of a message leaves a part of it there.
  writer = new BinaryWriter();
  const bytes = codec.encode(message, own).finish();
  if (bytes.length <= keptBytesMax) writer = own;
  return bytes;
}
