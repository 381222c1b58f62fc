import type { UserInfo } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { findUser, namedUser, type UserReference } from "./findUser.ts";
import { userInfo } from "./userInfo.ts";

export const getUser = defineOperation<UserReference, UserInfo>({
  name: "getUser",
  permission: "user::read",
  resource: namedUser,
  run: async (context, reference) => userInfo(await findUser(context, reference)),
});
