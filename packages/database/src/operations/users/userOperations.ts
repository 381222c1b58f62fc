import { createUser } from "./createUser.ts";
import { deleteUser } from "./deleteUser.ts";
import { getUser } from "./getUser.ts";
import { listUsers } from "./listUsers.ts";
import { updateUser } from "./updateUser.ts";

export const userOperations = { createUser, listUsers, getUser, updateUser, deleteUser } as const;
