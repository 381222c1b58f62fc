import Type from "typebox";

/** Of an answer that has no body. */
export const NoContent = Type.Null();
