import type { OptionSpec } from "./optionSpec.ts";

/** Where snapshots and archived logs of collections go. */
export const objectStoreOptions = {
  kind: {
    type: "enum",
    values: ["local", "s3", "memory"],
    default: "local",
    help:
      "Where snapshots and archives are kept: a folder (local), a bucket of S3 or of a store that speaks it (s3), " +
      "or this process's memory, for tests (memory)",
  },
  bucket: {
    type: "optional string",
    whenAbsent: "objects in data.dir for local; s3 needs one",
    placeholder: "NAME",
    help: "Name of the bucket, which must exist (s3), or path of the folder (local)",
  },
  prefix: {
    type: "optional string",
    whenAbsent: "none",
    placeholder: "PREFIX",
    help: "What every object's name in the bucket begins with, a slash between (s3)",
  },
  endpoint: {
    type: "optional string",
    whenAbsent: "that of AWS for the region",
    placeholder: "URL",
    help: "URL of a store that is not AWS (s3)",
  },
  region: {
    type: "optional string",
    whenAbsent: "the environment's or profile's; us-east-1 with an endpoint",
    placeholder: "REGION",
    help: "Region of the bucket (s3)",
  },
  access_key_id: {
    type: "optional string",
    whenAbsent: "found by the AWS SDK: environment, profile, web identity, container, instance",
    placeholder: "ID",
    help: "First half of the credentials (s3)",
  },
  secret_access_key: {
    type: "optional string",
    whenAbsent: "as access_key_id",
    placeholder: "SECRET",
    help: "Second half of the credentials (s3)",
    isSecret: true,
  },
  force_path_style: {
    type: "boolean",
    default: false,
    help: "Name the bucket in the path and not in the host, as most stores but AWS want it (s3)",
  },
  sse: {
    type: "optional string",
    whenAbsent: "as the bucket says",
    placeholder: "AES256|aws:kms[:KEY]",
    help: "Encryption at rest by the store: AES256, or aws:kms with the default key or the one named (s3)",
  },
} as const satisfies { readonly [key: string]: OptionSpec };
