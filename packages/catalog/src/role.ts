export { type Role, roles } from "@akidb/base";
