import { invalidArgument } from "@akidb/base";
import Type, { type Static } from "typebox";
import { decodeBase64, encodeBase64 } from "./base64.ts";

const componentBytes = Float32Array.BYTES_PER_ELEMENT;
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The second form keeps every bit and takes a third of the time to read. */
export const WireVector = Type.Union(
  [
    Type.Array(Type.Number(), { examples: [[0.12, -0.5, 0.33]] }),
    Type.Object(
      {
        base64: Type.String({
          description: "The components as little-endian 32-bit floats, in padded base64 (RFC 4648 §4).",
          examples: ["j8L1PQAAAL/D9ag+"],
        }),
      },
      { additionalProperties: false },
    ),
  ],
  { $id: "Vector", description: "As many finite numbers as the collection's dimension says." },
);
export type WireVector = Static<typeof WireVector>;

/** Components beyond the range of a 32-bit float become infinite; whoever knows the collection refuses them. */
export const vectorFromWire = (vector: WireVector, path: string): Float32Array =>
  readVector(vector, path).slice();

/** The same for whoever keeps its memory to itself: others' bytes may be beside it in the same buffer. */
export function readVector(vector: WireVector, path: string): Float32Array {
  if (Array.isArray(vector)) return Float32Array.from(vector);
  const bytes = decodeBase64(vector.base64);
  if (bytes === undefined) {
    throw invalidArgument(`${path}.base64`, "must be padded base64 of the standard alphabet (RFC 4648 §4)");
  }
  if (bytes.length % componentBytes !== 0) {
    throw invalidArgument(
      `${path}.base64`,
      `must hold 4 bytes for each component (little-endian 32-bit floats), but holds ${bytes.length}`,
    );
  }
  return isLittleEndian ? floatsOf(bytes) : swappedFloats(bytes);
}

/** Of the same memory where it begins at an address that floats may have, as Node's does. */
function floatsOf(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const { buffer, byteOffset, length } =
    bytes.byteOffset % componentBytes === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(buffer, byteOffset, length / componentBytes);
}

function swappedFloats(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const components = new Float32Array(bytes.length / componentBytes);
  for (let i = 0; i < components.length; i++) components[i] = view.getFloat32(i * componentBytes, true);
  return components;
}

/** Base64 for a Float32Array; other numbers are left as they are, for the server to judge. */
export function vectorToWire(vector: Float32Array | readonly number[]): WireVector {
  if (!(vector instanceof Float32Array)) return [...vector];
  return { base64: floatsToBase64(vector) };
}

/** Little-endian, whatever the machine's order is. */
export function floatsToBase64(vector: Float32Array): string {
  if (isLittleEndian) {
    return encodeBase64(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  }
  const bytes = new Uint8Array(vector.length * componentBytes);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < vector.length; i++) view.setFloat32(i * componentBytes, vector[i]!, true);
  return encodeBase64(bytes);
}
