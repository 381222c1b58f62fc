import { changePassword } from "./changePassword.ts";
import { login } from "./login.ts";
import { logout } from "./logout.ts";
import { me } from "./me.ts";
import { permissions } from "./permissions.ts";
import { refresh } from "./refresh.ts";

export const authOperations = { login, refresh, logout, changePassword, me, permissions } as const;
