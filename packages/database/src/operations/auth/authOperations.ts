import { changePassword } from "./changePassword.ts";
import { login } from "./login.ts";
import { logout } from "./logout.ts";
import { me } from "./me.ts";
import { refresh } from "./refresh.ts";

export const authOperations = { login, refresh, logout, changePassword, me } as const;
